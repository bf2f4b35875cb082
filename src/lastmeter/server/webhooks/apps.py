"""Names the app to Django."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """The app `webhooks`."""

    name = "lastmeter.server.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        """Messages about flaws of who was erased go with them."""
        from lastmeter.server.audit import forgetting
        from lastmeter.server.webhooks.actions import forget_erased

        forgetting.also(forget_erased)

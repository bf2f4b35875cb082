"""Names the app to Django."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """The app `watch`."""

    name = "lastmeter.server.watch"
    label = "watch"

    def ready(self) -> None:
        """New flaws are counted beside the entry of their page; flaws of who was erased go."""
        from lastmeter.server.audit import forgetting
        from lastmeter.server.ui import navigation
        from lastmeter.server.watch.actions import forget_erased
        from lastmeter.server.watch.queries import count_new

        navigation.COUNTS["flaws"] = count_new
        forgetting.also(forget_erased)

"""Names the app to Django."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """The app `webhooks`."""

    name = "lastmeter.server.webhooks"
    label = "webhooks"

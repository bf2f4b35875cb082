"""Names the app to Django."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The app `ui`."""

    name = "lastmeter.server.ui"
    label = "ui"

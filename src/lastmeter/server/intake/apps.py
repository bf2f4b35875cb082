"""Names the app to Django."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The app `intake`."""

    name = "lastmeter.server.intake"
    label = "intake"

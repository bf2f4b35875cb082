"""Names the app to Django."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    """The app `board`."""

    name = "lastmeter.server.board"
    label = "board"

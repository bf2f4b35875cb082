"""Names the app to Django."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    """The app `board`."""

    name = "lastmeter.server.board"
    label = "board"

    def ready(self) -> None:
        """Lends the pages of sources, in an app below the watch, what the watch knows of silent ones."""
        from lastmeter.server.intake.console import alarms
        from lastmeter.server.watch.queries import silent_sources

        alarms.ask(lambda: {one.name: one.since for one in silent_sources()})

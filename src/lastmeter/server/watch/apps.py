"""Names the app to Django."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """The app `watch`."""

    name = "lastmeter.server.watch"
    label = "watch"

    def ready(self) -> None:
        """New flaws are counted beside the entry of their page."""
        from lastmeter.server.ui import navigation
        from lastmeter.server.watch.queries import count_new

        navigation.COUNTS["flaws"] = count_new

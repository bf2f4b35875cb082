"""Names the app to Django."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """The app `watch`."""

    name = "lastmeter.server.watch"
    label = "watch"

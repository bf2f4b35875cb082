"""Names the app to Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The app `people`."""

    name = "lastmeter.server.people"
    label = "people"

"""Names the app to Django."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app `audit`."""

    name = "lastmeter.server.audit"
    label = "audit"

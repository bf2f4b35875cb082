"""Names the app to Django, and lets acts on people be written down."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app `audit`."""

    name = "lastmeter.server.audit"
    label = "audit"

    def ready(self) -> None:
        """Become the keeper of what `people` does."""
        from lastmeter.server.audit.actions import record
        from lastmeter.server.people import ledger

        ledger.keep_with(record)

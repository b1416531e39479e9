"""The Django application of the audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log, and what writes into it by itself."""

    name = "searchapp.audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        """Listen to sign-ins, and to changes of what administrators manage."""
        from searchapp.audit import listeners

        listeners.connect()

"""The one app of the product."""

from django.apps import AppConfig


class CandidatesConfig(AppConfig):
    """Register the checks, and the signals of logging in and of freed places."""

    name = "candidates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what has to listen from the start."""
        from candidates.intake import joining
        from candidates.signin import events
        from candidates.site import checks  # noqa: F401  registers itself

        events.connect()
        joining.connect()

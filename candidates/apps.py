"""The one app of the product."""

from django.apps import AppConfig


class CandidatesConfig(AppConfig):
    """Register the checks, and the signals of logging in, of freed places and of new connections."""

    name = "candidates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what has to listen from the start."""
        from candidates.intake import joining
        from candidates.models import loading
        from candidates.signin import events
        from candidates.site import checks  # noqa: F401  registers itself

        events.connect()
        joining.connect()
        loading.connect()

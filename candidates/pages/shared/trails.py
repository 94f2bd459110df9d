"""Breadcrumbs of pages that lie in several families: the text of each step and its address, "" for the page itself."""

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from candidates.models import Test

Trail = list[tuple[str, str]]


def trail_of(test: Test | None = None, *here: str) -> Trail:
    """Return the breadcrumbs: the list of tests, the test, and the page's own name."""
    steps: Trail = [(_("Tests"), reverse("deliver-tests"))]
    if test is not None:
        steps.append((Truncator(test.name).chars(50), reverse("deliver-test", args=[test.public_id])))
    return [*steps, *((text, "") for text in here)]


def manage_trail(test: Test) -> Trail:
    """Return the breadcrumbs down to Manage candidates."""
    return [*trail_of(test), (_("Manage candidates"), reverse("candidates", args=[test.public_id]))]


def users_trail() -> Trail:
    """Return the breadcrumbs down to the permanent users."""
    return [(_("Permanent users"), reverse("permanent-users"))]


def import_trail(here: str = "") -> Trail:
    """Return the breadcrumbs of the import of permanent users, and of a page below it."""
    if not here:
        return [*users_trail(), (_("Import from file"), "")]
    return [*users_trail(), (_("Import from file"), reverse("user-import")), (here, "")]

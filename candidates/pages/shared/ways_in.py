"""The ways to add candidates to a test: which there are, how many places are left, and what is new in its lists."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.access import lists_of
from candidates.authentication_types import enabled_types
from candidates.intake.importing import why_nobody
from candidates.intake.list_changes import new_members
from candidates.intake.prepared_lists import why_nobody_is_prepared
from candidates.lifecycle.permanent_users import has_people
from candidates.lifecycle.spares import people_on
from candidates.models import Test, User
from candidates.models.tests import MAX_CANDIDATES
from candidates.pages.shared.trails import manage_trail, trail_of


def way_page(test: Test, way: str) -> dict[str, Any]:
    """Return what the three pages have in common: heading, places left, ways, and why nobody can be added."""
    ways = (
        (_("Add new"), "add-one-time"),
        (_("Auto-generate candidates"), "add-generated"),
        (_("Import from file"), "add-from-file"),
    )
    manage = reverse("candidates", args=[test.public_id])
    return {
        "heading": _("Add one-time users"),
        "lede": places_in_words(test),
        "ways": [
            {"text": text, "url": reverse(name, args=[test.public_id]), "current": name == way} for text, name in ways
        ],
        "closed": why_nobody(test) or ("" if test.places_left or way == "add-from-file" else full_in_words()),
        "save_url": reverse(way, args=[test.public_id]),
        "cancel_url": manage,
        "template_urls": template_urls("one-time-template", test),
        "full": "" if test.places_left else full_in_words(),
        "trail": [*manage_trail(test), (_("One-time users"), "")],
    }


def sso_page(test: Test) -> dict[str, Any]:
    """Return what the page of CSV import (SSO) shows beside its form."""
    return {
        "heading": _("CSV import (SSO)"),
        "lede": places_in_words(test),
        "ways": [],
        "closed": why_nobody(test),  # a full test takes nobody, but a list may update who is on it
        "save_url": reverse("add-from-sso", args=[test.public_id]),
        "cancel_url": reverse("candidates", args=[test.public_id]),
        "template_urls": template_urls("sso-template", test),
        "full": "" if test.places_left else full_in_words(),
        "trail": [*manage_trail(test), (_("CSV import (SSO)"), "")],
    }


def prepared_import_page(test: Test) -> dict[str, Any]:
    """Return what the page that takes a list of prepared people shows beside its form."""
    prepared = reverse("prepared", args=[test.public_id])
    return {
        "heading": _("Import prepared people"),
        "lede": test.name,
        "ways": [],
        "closed": why_nobody_is_prepared(test),
        "save_url": reverse("import-prepared", args=[test.public_id]),
        "cancel_url": prepared,
        "back": _("Back to the prepared people"),
        "template_urls": template_urls("prepared-template", test),
        "full": "",
        "trail": [*trail_of(test), (_("Prepared people"), prepared), (_("Import from file"), "")],
    }


def template_urls(name: str, test: Test) -> list[tuple[str, str]]:
    """Return the files to fill in: what each is called on the page, and its address."""
    return [(kind, reverse(name, args=[test.public_id, ending])) for kind, ending in (("XLSX", "xlsx"), ("CSV", "csv"))]


def kinds_to_add(test: Test, user: User) -> list[tuple[str, str, str]]:
    """Return the kinds of candidates that this installation has: name, address, and for whom it is.

    Permanent users are offered where there are any, and to who can import them.
    """
    found = [
        (
            _("One-time users"),
            reverse("add-one-time", args=[test.public_id]),
            _("No account needed. They get a username and password on a slip when you activate the test."),
        )
    ]
    if enabled_types():
        words = _("They log in through %(names)s. You need a file with their SSO user IDs.")
        names = _(" or ").join(one.label for one in enabled_types().values())
        found.append((_("CSV import (SSO)"), reverse("add-from-sso", args=[test.public_id]), words % {"names": names}))
    if user.is_administrator or has_people():
        words = _("They have a username and password already, for all their tests.")
        found.append((_("Permanent users"), reverse("add-permanent", args=[test.public_id]), words))
    words = _("Of a test that you plan: all of them, or only those who handed in nothing.")
    found.append((_("From another test"), reverse("add-from-test", args=[test.public_id]), words))
    return found


def full_in_words() -> str:
    """Return the sentence that stands in the form's place on a full test (D4)."""
    return _("The test is full. It has %(most)d candidates; remove some to make room.") % {"most": MAX_CANDIDATES}


def places_in_words(test: Test) -> str:
    """Return how many candidates are on the test and how many places are left."""
    count, left = people_on([test])[test.pk], test.places_left
    on = ngettext(
        "%(n)d of %(most)d candidates is on %(test)s.", "%(n)d of %(most)d candidates are on %(test)s.", count
    ) % {"n": count, "most": MAX_CANDIDATES, "test": test.name}
    spares = test.candidate_count - count
    if spares:
        on += " " + ngettext("%(n)d spare login counts too.", "%(n)d spare logins count too.", spares) % {"n": spares}
    return on + " " + ngettext("%(n)d place is left.", "%(n)d places are left.", left) % {"n": left}


def news_of_lists(test: Test, user: User) -> list[tuple[str, str]]:
    """Return a sentence and an address for each list that has new members since it was added to the test."""
    lists = {one.pk: one for one in lists_of(user).filter(additions__test=test).distinct()}
    news = []
    for key, count in new_members(test, list(lists.values())).items():
        words = _("List %(name)s has %(new)s.")
        address = reverse("list-changes", args=[test.public_id, lists[key].public_id])
        news.append((words % {"name": lists[key].name, "new": new_in_words(count)}, address))
    return news


def new_in_words(count: int) -> str:
    """Return how many members are new; one more than a test can hold stands for any larger number."""
    if count > MAX_CANDIDATES:
        return _("more than %(n)d new members") % {"n": MAX_CANDIDATES}
    return ngettext("%(n)d new member", "%(n)d new members", count) % {"n": count}

"""Formats of lists of candidates: what headings are read as, remembered for a person or for everybody."""

from __future__ import annotations

from django.db.models import Case, Q, Value, When
from django.utils import timezone

from candidates import audit
from candidates.intake.assigning import IGNORE, KnownFormat, as_format
from candidates.intake.drafts import columns_read
from candidates.models import Import, ListFormat, User
from candidates.text import natural_key


def formats_for(person: User, kind: str) -> list[KnownFormat]:
    """Return the formats by which a person's lists of a kind are read: the own ones first, of each the newest."""
    usable = ListFormat.objects.filter(Q(owner=person) | Q(is_shared=True), kind=kind)
    own_first = Case(When(owner=person, then=Value(0)), default=Value(1))
    return [KnownFormat(one.name, one.fields) for one in usable.order_by(own_first, "-changed_at", "-pk")]


def formats_for_everybody(kind: str) -> list[KnownFormat]:
    """Return the formats by which lists of a kind are read that no person uploads, the newest first."""
    shared = ListFormat.objects.filter(is_shared=True, kind=kind).order_by("-changed_at", "-pk")
    return [KnownFormat(one.name, one.fields) for one in shared]


def shown_formats(person: User) -> list[ListFormat]:
    """Return the formats that a person may use, by name."""
    usable = ListFormat.objects.filter(Q(owner=person) | Q(is_shared=True))
    return sorted(usable.select_related("owner"), key=lambda one: (natural_key(one.name), one.pk))


def remember_format(added: Import, *, by: User) -> None:
    """Keep what the columns of a list that is being added are read as, if somebody asked for it.

    A format of the same name of this person is replaced. Inside the transaction that adds the list.
    """
    form = as_format(columns_read(added), added.remember_as)
    if not added.remember_as or set(form.fields.values()) <= {IGNORE}:
        return
    kept, _made = ListFormat.objects.update_or_create(
        owner=by,
        kind=added.kind,
        name=form.name,
        defaults={"fields": dict(form.fields), "is_shared": added.is_for_everybody, "changed_at": timezone.now()},
    )
    detail = {"format": kept.public_id, "name": kept.name, "shared": kept.is_shared}
    audit.record(audit.Action.LIST_FORMAT_REMEMBERED, by=by, test=added.test, count=1, detail=detail)


def forget_format(form: ListFormat, *, by: User) -> None:
    """Delete a format: the next list with its headings is read by the headings that everybody's lists have."""
    detail = {"format": form.public_id, "name": form.name, "shared": form.is_shared}
    form.delete()
    audit.record(audit.Action.LIST_FORMAT_DELETED, by=by, count=1, detail=detail)

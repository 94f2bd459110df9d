"""Stored accounts that are used on many tests, and the lists that planners keep of them."""

import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import Q
from django.db.models.functions import StrIndex
from django.db.models.lookups import LessThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from candidates.alphabet import order_key
from candidates.models.accounts import MAX_NAME_LENGTH as MAX_LISTED_NAME_LENGTH
from candidates.models.accounts import User
from candidates.models.ids import new_public_id
from candidates.models.tests import MAX_CANDIDATES

MAX_NAME_LENGTH = 100
MAX_EXTERNAL_ID_LENGTH = 100
MAX_LIST_NAME_LENGTH = 200
PAGE_SIZE = 50
HIDDEN = "\n"  # separates what is hidden from planners; no folded text contains it
MAX_SEARCH_WORDS = 8  # further words would only cost time

# Letters without a Unicode decomposition, as people type them on a keyboard without them.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


def search_fold(text: str) -> str:
    """Return a text folded for searches: without case, accents and extra spaces; "Ødegård" is odegard."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return " ".join(plain.translate(_PLAIN).split())


def searched_key(shown: Sequence[str], hidden: Sequence[str]) -> str:
    """Return the search key of a person: what everybody sees, then each value that only administrators see."""
    return HIDDEN.join([search_fold(" ".join(shown)), *map(search_fold, hidden), ""])


def listed_name(first_name: str, last_name: str) -> str:
    """Return a name as lists and papers have it: "Aas, Reidun"."""
    return ", ".join(filter(None, (last_name, first_name)))[:MAX_LISTED_NAME_LENGTH]


def name_order(first_name: str, last_name: str) -> str:
    """Return the text by which people are in order: by last name, then by first name."""
    return order_key(f"{last_name} {first_name}")[:900]


class InOrder(models.Index):
    """The order of lists; on SQLite with the search key too, so that a search reads this index alone.

    Otherwise SQLite would look up every row in the table, at ten times the cost. PostgreSQL reads its table in one
    scan, and refuses index rows beyond 2704 bytes, which names in some scripts could exceed.
    """

    def create_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Statement:
        """Return the statement that makes the index."""
        if schema_editor.connection.vendor == "sqlite":
            wide = models.Index(fields=[*self.fields, "search_key"], name=self.name)
            return wide.create_sql(model, schema_editor, using, **kwargs)
        return super().create_sql(model, schema_editor, using, **kwargs)


class FoundPage(NamedTuple):
    """One page of people in order; `last` is the number of the last page.

    `total` is the number of people, None for more than a test can hold: these cannot be paged through.
    """

    people: "list[PermanentUser]"
    number: int
    last: int
    total: int | None


def _words(text: str) -> list[str]:
    """Return the words of a search, the longest first: it is the rarest, so the others are compared less often."""
    return sorted(set(search_fold(text).split()), key=lambda word: (-len(word), word))[:MAX_SEARCH_WORDS]


def _at(text: str) -> StrIndex:
    return StrIndex("search_key", models.Value(text))


class PermanentUserQuerySet(models.QuerySet["PermanentUser"]):
    """Permanent users in the words of the field."""

    def matching(self, words: str) -> "PermanentUserQuerySet":
        """Return those in whose names, user name, e-mail or external ID every word of a search occurs.

        For administrators, who see all of these.
        """
        found = self
        for word in _words(words):
            found = found.filter(search_key__contains=word)
        return found

    def matching_what_is_shown(self, words: str) -> "PermanentUserQuerySet":
        """Return those in whose names or user name every word occurs, or whose whole e-mail or external ID is a word.

        For people who may not see the latter two: a part of them finds nobody, else they could be guessed letter by
        letter. An external ID with spaces is found where nothing else was typed.
        """
        whole = search_fold(words)
        found = self
        for word in _words(words):
            # On the column of one index (InOrder): the word first occurs before the hidden values begin, or it is one
            # of them.
            before = Q(search_key__contains=word) & Q(LessThan(_at(word), _at(HIDDEN)))
            found = found.filter(before | Q(search_key__contains=f"{HIDDEN}{word}{HIDDEN}"))
        return found | self.filter(search_key__contains=f"{HIDDEN}{whole}{HIDDEN}") if " " in whole else found

    def keys(self, most: int | None = None) -> list[int]:
        """Return the first keys in the order of lists: the one query of a search.

        It stops when enough are found, and reads only keys, so that one index can answer it (InOrder).
        """
        return list(self.order_by("sort_key", "pk").values_list("pk", flat=True)[: most or MAX_CANDIDATES + 1])

    def page(self, number: int) -> FoundPage:
        """Return one page of PAGE_SIZE people with their accounts, from 1; for a number too high the last page.

        Counting 150,000 takes as long as finding them, so both are one query, which stops at what a test can hold: the
        others can be found by a search.
        """
        found = self.keys()
        keys = found[:MAX_CANDIDATES]
        last = max(1, -(-len(keys) // PAGE_SIZE))
        number = min(max(1, number), last)
        shown = keys[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        people = self.model._default_manager.filter(pk__in=shown).select_related("user").order_by("sort_key", "pk")
        return FoundPage(list(people), number, last, len(found) if len(found) <= MAX_CANDIDATES else None)

    def active(self) -> "PermanentUserQuerySet":
        """Return those who may log in, by excluding the few who may not: a search does not read accounts."""
        return self.exclude(pk__in=User.objects.filter(kind=User.Kind.PERMANENT, is_active=False).values("pk"))

    def deactivated(self) -> "PermanentUserQuerySet":
        """Return those who may not log in."""
        return self.filter(pk__in=User.objects.filter(kind=User.Kind.PERMANENT, is_active=False).values("pk"))

    def on_list(self, one: "PermanentUserList | None") -> "PermanentUserQuerySet":
        """Return the members of this list; None returns everybody."""
        return self if one is None else self.filter(pk__in=ListMember.objects.filter(list=one).values("person"))


class PermanentUser(models.Model):
    """The data of a permanent user beside the account."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="permanent_user")
    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    first_name = models.CharField(_("First name"), max_length=MAX_NAME_LENGTH, blank=True)
    last_name = models.CharField(_("Last name"), max_length=MAX_NAME_LENGTH, blank=True)
    external_id = models.CharField(_("External ID"), max_length=MAX_EXTERNAL_ID_LENGTH, blank=True)
    # Folded, set by `name_keys`: the text for searches (names and user name, then what planners do not see, each
    # between two HIDDEN), and the sort key of lists (last name, first name).
    search_key = models.TextField(blank=True, editable=False)
    sort_key = models.CharField(max_length=900, blank=True, editable=False)
    # When the person was last reactivated: lists that were added to tests meanwhile left the person out, and then offer
    # the person.
    let_in_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = PermanentUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("permanent user")
        verbose_name_plural = _("permanent users")
        ordering: ClassVar[list[str]] = ["sort_key", "pk"]
        permissions: ClassVar[list[tuple[str, Any]]] = [("export_permanentuser", "Can export permanent users")]
        indexes: ClassVar[list[models.Index]] = [
            InOrder(fields=["sort_key", "user"], name="permanent_in_order"),
            models.Index(fields=["let_in_at"], condition=Q(let_in_at__isnull=False), name="permanent_let_in"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="permanent_external_id_once"
            ),
            models.CheckConstraint(name="permanent_user_is_named", condition=~Q(first_name="") | ~Q(last_name="")),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Return first name and last name: the Candidate ID on tests, unless somebody chooses another one."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def listed_name(self) -> str:
        """Return the name as lists and papers have it: "Aas, Reidun"."""
        return listed_name(self.first_name, self.last_name)

    def name_keys(self, *, username: str, email: str = "") -> None:
        """Set the search and sort keys; call it before saving a changed name."""
        self.search_key = searched_key((self.first_name, self.last_name, username), (email, self.external_id))
        self.sort_key = name_order(self.first_name, self.last_name)


class PermanentUserList(models.Model):
    """A named list of permanent users, kept by one owner and shared with others (D24)."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("Name"), max_length=MAX_LIST_NAME_LENGTH)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="permanent_user_lists")
    members = models.ManyToManyField(PermanentUser, through="ListMember", related_name="lists")
    shared_with = models.ManyToManyField(User, through="ListShare", related_name="shared_lists")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("list of permanent users")
        verbose_name_plural = _("lists of permanent users")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "name"], name="permanent_list_name_once_per_owner"),
            models.CheckConstraint(name="permanent_list_is_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class ListMember(models.Model):
    """One permanent user on one list."""

    list = models.ForeignKey(PermanentUserList, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(PermanentUser, on_delete=models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        # finds the newest of 150,000 members at once
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["list", "added_at"], name="list_member_came")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "person"], name="permanent_list_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.list_id}"


class ListShare(models.Model):
    """A list that its owner shares with one other person, to use or also to edit."""

    list = models.ForeignKey(PermanentUserList, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="list_shares")
    may_edit = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "user"], name="permanent_list_share_once"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id} shared with {self.user_id}"

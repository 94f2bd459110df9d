"""The words of the door desk that the page and its script both say, so that both say the same."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "not_here": _("Not here yet."),
    "present": _("Present since {t}"),
    "absent": _("Marked absent at {t}"),
    "verified": _("ID checked at {t}"),
    "rejected": _("Not this person, said at {t}"),
    "kept": _("kept on this phone"),
    "last_present": _("Present, {t}"),
    "last_absent": _("Absent, {t}"),
    "last_verified": _("ID checked, {t}"),
    "last_rejected": _("Not this person, {t}"),
    "last_taken": _("Mark taken back, {t}"),
    "extra": _("{n} min extra"),
    "short_present": _("Present"),
    "short_absent": _("Absent"),
    "short_not_here": _("Not here yet"),
    "seat": _("seat {seat}"),
    "found": _("{n} candidates match ‘{q}’"),
    "more": _("{n} more. Type more letters to see them"),
    "nobody": _("No candidate matches ‘{q}’"),
    "missing": _("{n} are not here yet"),
    "unchecked": _("{n} are present, and their ID is not checked"),
    "offline": _("No network since {t}."),
    "kept_none": _("Go on: the list on this phone is of {t}."),
    "kept_one": _("1 mark is kept on this phone and sent when the network is back. Go on: the list on it is of {t}."),
    "kept_many": _(
        "{n} marks are kept on this phone and sent when the network is back. Go on: the list on it is of {t}."
    ),
    "page_only": _("This browser keeps nothing: leave this page open until the marks are sent."),
    "logged_out": _("You were logged out. {n} marks are kept on this phone: log in again, and they are sent."),
    "held": _("Marks are not taken now: {n} are kept on this phone, and are sent again. {why}"),
    "stuck": _("{n} marks could not be sent and are kept on this phone. Make them once more, or load the page again."),
    "refused": _("Not stored: {why}"),
    "sent": _("The network is back. {n} marks are sent."),
    "undo": _("Undo"),
    "undo_for": _("for {id}"),
    "note_kept": _("The note is kept."),
}


def plain_words() -> dict[str, str]:
    """Return the words as the script takes them."""
    return {name: str(text) for name, text in WORDS.items()}


def said(name: str, **values: object) -> str:
    """Return a sentence with its values in it."""
    text = str(WORDS[name])
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text

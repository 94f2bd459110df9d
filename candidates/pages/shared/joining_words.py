"""What pages say of how candidates join a test by code: when it works, who may, and with what they log in."""

from datetime import datetime

from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from candidates.authentication_types import type_label
from candidates.lifecycle.joining import is_open
from candidates.models import Joining, Test
from candidates.text import all_of, clock, day, when, zone
from candidates.timing import Stage, stage_of


def how_it_works(joining: Joining, test: Test) -> str:
    """Return since when or until when the code works, in a sentence."""
    now = timezone.now()
    if stage_of(test) == Stage.FINISHED:
        return _("The test is over, so nobody can join any more.")
    if now >= joining.works_until:
        return _("It worked until %(when)s.") % {"when": moment(joining.works_until, now)}
    if joining.code is None or not test.is_activated:
        return _("It is made when you activate the test.")
    if is_open(joining, test):
        return _("Works until %(when)s.") % {"when": moment(joining.works_until, now)}
    return _("Works from %(when)s.") % {"when": moment(joining.works_from, now)}


def moment(value: datetime, now: datetime) -> str:
    """Return "09:30 today", or the day and the time."""
    return _("%(time)s today") % {"time": clock(value)} if day(value) == day(now) else when(value)


def window_words(joining: Joining) -> str:
    """Return when the code works: one day once, two days twice."""
    begins, ends = joining.works_from, joining.works_until
    until = clock(ends) if day(begins) == day(ends) else when(ends)
    return f"{when(begins)}–{until} {zone()}"


def who_words(joining: Joining) -> str:
    """Return who may join, in a sentence; two queries."""
    groups = [_("who logs in with %(name)s") % {"name": type_label(slug)} for slug in joining.authentication_types]
    if joining.permanent == Joining.Permanent.ALL:
        groups.append(_("all permanent users"))
    elif joining.permanent == Joining.Permanent.LISTS:
        names = [one.name for one in joining.lists.all()]
        lists = all_of(names) if names else _("none: they were deleted")
        groups.append(
            ngettext("permanent users on the list %(lists)s", "permanent users on the lists %(lists)s", len(names))
            % {"lists": lists}
        )
    said = all_of(groups)
    said = said[:1].upper() + said[1:]
    if joining.only_allowed:
        count = joining.allowed.count()
        only = ngettext("%(who)s, of these only %(n)d user ID", "%(who)s, of these only %(n)d user IDs", count)
        return only % {"who": said, "n": count}
    return said


def log_in_words(joining: Joining) -> str:
    """Return with what candidates log in, for the sentence beside the code."""
    ways = [type_label(slug) for slug in joining.authentication_types]
    if joining.permanent != Joining.Permanent.NONE:
        ways.append(_("a username"))
    return get_text_list(ways, pgettext("between the last two of some ways", "or")) if ways else ""

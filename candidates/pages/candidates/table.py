"""The rows of Manage candidates as HTML, made as Monitor's are: 1500 rows are 10,000 look-ups in a template."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from candidates.pages.shared.candidate_lines import CandidateLine
from candidates.pages.shared.searching import PRIVATE_REFERENCE, Match
from candidates.templatetags.deliver import aside

HEAD = (
    '<td class="tick"><input class="ds-input" type="checkbox" name="c" value="{0}"{4} autocomplete="off"'
    ' aria-label="{1}"></td><th scope="row" class="id"><a class="ds-link" href="{0}/">{2}</a>{3}</th>'
)

CHECKED = mark_safe(" checked")


def shown_rows(
    lines: Sequence[CandidateLine], matches: Mapping[str, Match], ticked: Collection[str] = frozenset()
) -> list[SafeString]:
    """Return the content of the table's rows; the links are relative to the address of the list.

    `matches` says by public id where a search found each of them; empty without one. The boxes of `ticked` are ticked.
    """
    select = _("Select candidate %(id)s")
    cell: Callable[..., str] = cache(format_html)  # what many rows share is made once
    extra = _extra_cells()
    as_well = _("%(kind)s and one-time login")
    rows = []
    for line in lines:
        parts = (
            format_html(
                HEAD,
                line.public_id,
                select % {"id": line.candidate_id},
                line.candidate_id,
                _beside_the_id(line, matches.get(line.public_id)),
                CHECKED if line.public_id in ticked else "",
            ),
            cell('<td class="whole">{}</td>', as_well % {"kind": line.kind_label})
            if line.has_one_time_login
            else cell("<td>{}</td>", line.kind_label),
            cell(
                '<td class="wide{}">{}{}</td>', "" if line.login else " quiet", line.logs_in_with, _second_login(line)
            ),
            cell("<td>{}</td>", line.place),
            extra(line.extra_minutes),
            cell('<td class="num key {}">{}</td>', "quiet" if line.usual_end else "strong", line.end_shown),
        )
        rows.append(mark_safe("".join(parts)))  # noqa: S308  every part comes from format_html
    return rows


def _extra_cells() -> Callable[[int], SafeString]:
    label, unit = _("Extra"), _("min")

    @cache
    def made(minutes: int) -> SafeString:
        if not minutes:
            return mark_safe('<td class="num"></td>')
        return format_html('<td class="num" data-label="{}">{}<span class="unit"> {}</span></td>', label, minutes, unit)

    return made


def _beside_the_id(line: CandidateLine, match: Match | None) -> SafeString:
    """Return who it is, where a generated number hides it from graders (D19), and what a search found in the line.

    A login stands in a column of its own, which a phone does not show.
    """
    by_reference = match is not None and match.label is PRIVATE_REFERENCE
    beside = aside(f"{PRIVATE_REFERENCE} {line.private_reference}" if by_reference else line.private_reference)
    if match and match.label and not by_reference:
        beside += format_html(' <span class="small quiet narrow-only">{} {}</span>', match.label, match.text)
    return beside


def _second_login(line: CandidateLine) -> SafeString | str:
    """Return the user name of a one-time login that an SSO candidate has as well."""
    if not line.one_time_login:
        return ""
    return format_html(' <span class="small quiet whole">{}</span>', _("or %(name)s") % {"name": line.one_time_login})

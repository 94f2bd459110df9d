"""The rows of the results, up to 1500: each by one format, which takes a third of the time of a template's nodes."""

from collections.abc import Iterator

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from candidates.pages.results.rows import MARKED, NOT_SUBMITTED, TO_GRADE, ResultLine, Results
from candidates.text import lately

register = template.Library()
_PERSON = """<tr><th scope="row" class="id"><a class="ds-link" href="{}{}/">{}</a></th><td class="name">{}</td>
  <td{}>{}</td><td class="wide address{}">{}</td>"""
_POINTS = '<td class="num"{}>{}</td>'
_STATES = {
    MARKED: '<td class="num key strong">{}</td>',
    TO_GRADE: '<td class="num key quiet">{}</td>',
    NOT_SUBMITTED: '<td class="num key"><span class="ds-tag" data-color="neutral">{}</span></td>',
}
_COMMENT = '<td class="line remark">{}</td>'
_WHO = '<td{}>{} <span class="quiet">{}</span></td>'
_NOTHING = SafeString()


@register.simple_tag
def result_rows(results: Results, list_url: str) -> SafeString:
    """Return a row for each of the shown candidates; `list_url` is the list that has a page of each below it."""
    has_grades, says_who = bool(results.scale.grades), bool(results.wanted.who)
    has_both = results.has_points and has_grades
    formats = {
        state: f"{_PERSON}{_POINTS if has_both else ''}{cell}{_COMMENT}{_WHO if says_who else ''}</tr>"
        for state, cell in _STATES.items()
    }
    words = {TO_GRADE: _("to grade"), NOT_SUBMITTED: _("Not submitted")}
    reference, points, marked = (
        format_html(' data-label="{}"', word) for word in (_("Reference"), _("Points"), _("Marked"))
    )
    spare, list_url = _("Spare login"), format_html("{}", list_url)

    def cells(line: ResultLine, state: str) -> Iterator[object]:
        who, said = line.candidate, line.points_text
        yield from (list_url, who.public_id, who.candidate_id, who.name)
        yield from (reference if who.private_reference else _NOTHING, who.private_reference or _NOTHING)
        yield from (_NOTHING if who.login else " quiet", spare if line.is_spare else who.logs_in_with)
        if has_both:
            yield from (points if said else _NOTHING, said)
        yield words.get(state) or (line.grade if has_grades else said)
        yield line.comment or _NOTHING
        if says_who:
            yield from (marked if line.marked_at else _NOTHING, line.marked_by, lately(line.marked_at))

    rows = ((format_html(formats[state], *cells(line, state)),) for line in results.shown for state in (line.state,))
    return format_html_join("\n", "{}", rows)

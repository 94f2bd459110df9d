"""The rows of Grade as HTML, made as Monitor's are: 1500 rows are 10,000 look-ups in a template."""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from candidates.pages.grade.rows import GradeLine

HEAD = '<th scope="row" class="id"><a class="ds-link" href="{}">{}</a></th>'


def shown_rows(lines: Sequence[GradeLine], *, url: str) -> list[SafeString]:
    """Return the content of the table's rows; `url` is the address of the list, under which the answers lie."""
    submitted = format_html("<td>{}</td>", _("Submitted"))
    missing = format_html('<td><span class="ds-tag" data-color="neutral">{}</span></td>', _("Not submitted"))
    waiting = format_html('<td class="num key"><span class="quiet">{}</span></td>', _("to grade"))
    nothing = mark_safe('<td class="num key"></td>')
    no_comment = mark_safe('<td class="comment"></td>')
    rows = []
    for line in lines:
        mark = waiting if line.submitted else nothing
        parts = (
            format_html(HEAD, f"{url}{line.public_id}/", line.candidate_id),
            submitted if line.submitted else missing,
            format_html('<td class="num key strong">{}</td>', text) if (text := line.mark_text) else mark,
            format_html('<td class="comment">{}</td>', line.comment) if line.comment else no_comment,
        )
        rows.append(mark_safe("".join(parts)))  # noqa: S308  every part comes from format_html
    return rows

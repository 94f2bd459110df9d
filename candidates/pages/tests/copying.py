"""Copy a test, archived ones as well: last term's test becomes the next one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from candidates.access import changes_nothing, person, planned_test, planner_page
from candidates.intake.copying import Copied, copy_test, figures_of
from candidates.pages.shared.base import attempt, status_of
from candidates.pages.shared.left_out import left_out_words
from candidates.pages.shared.sending import sending
from candidates.pages.shared.trails import trail_of
from candidates.pages.tests.copy_forms import CopyForm
from candidates.pages.tests.times import odd_times
from candidates.text import all_of, plural
from candidates.timing import stage_of


@require_http_methods(["GET", "HEAD", "POST"])
@planner_page
@changes_nothing
def copy(request: HttpRequest, test_id: str) -> HttpResponse:
    """Ask for name, dates and what comes along; on POST make the copy."""
    source = planned_test(person(request), test_id)
    figures = figures_of(source)
    form = CopyForm(request.POST if request.method == "POST" else None, source=source, figures=figures)
    if form.is_bound and form.is_valid():

        def act() -> Copied:
            with sending(request, content={"copy": test_id, **form.values}) as sent:
                made = copy_test(source=source, values=form.values, parts=form.parts, by=person(request))
                sent.leads_to = reverse("deliver-test", args=[made.test.public_id])
            return made

        made = attempt(form, act)
        if made is not None:
            _say(request, made)
            return redirect("deliver-test", made.test.public_id)
    context = {"form": form, "test": source, "stage": stage_of(source), "trail": trail_of(source, _("Copy"))}
    return render(request, "tests/copy.html", context, status=status_of(form))


def _say(request: HttpRequest, made: Copied) -> None:
    """Say what was made, and who did not come along."""
    if made.plan.rows:
        words = _("The test is copied, with %(who)s.") % {"who": plural(len(made.plan.rows), "candidate")}
    else:
        words = _("The test is copied.")
    messages.success(request, words + " " + _("The copy is not activated, and nobody hears of it."))
    if made.left:
        names = list(dict.fromkeys(str(one.user) for one in made.left))
        more = ngettext(
            "%(names)s is not on the copy: the account cannot log in any more, or lost the role.",
            "%(names)s are not on the copy: their accounts cannot log in any more, or lost the role.",
            len(names),
        )
        messages.warning(request, more % {"names": all_of(names)})
    for sentence in [*left_out_words(made.plan), *odd_times(made.test.opens_at, made.test.ends_at)]:
        messages.warning(request, sentence)

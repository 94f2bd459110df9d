"""Logging in and out, and the way to each person's first page."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from candidates.access import person
from candidates.forms.signin import LoginForm

FIRST_PAGES = (
    ("is_candidate", "dashboard"),
    ("is_planner", "deliver-tests"),
    ("is_invigilator", "monitor"),
    ("is_grader", "grade"),
    ("is_administrator", "admin:index"),
)


class LogIn(LoginView):
    """The login page; Django's own view drops unsafe `next` addresses and gives the session a new id."""

    authentication_form = LoginForm
    template_name = "signin/login.html"

    def form_invalid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """Show the page again with 422; the password is never sent back."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


log_in = LogIn.as_view()
log_out = LogoutView.as_view()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to the first page that is theirs."""
    user = person(request)
    for role, page in FIRST_PAGES:
        if getattr(user, role):
            return redirect(page)
    return redirect("help")

"""Answer requests that were overtaken by what somebody else, or the same person, did meanwhile."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from candidates.access import Archived
from candidates.lifecycle.once import SentBefore
from candidates.lifecycle.tests import archived_words
from candidates.models import Test
from candidates.site.addresses import page_of_form
from candidates.site.errors import page_not_found


class MeanwhileMiddleware:
    """Answer what was overtaken: a form that counted already, and work on a test that was deleted meanwhile (C56)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page of what a form made the first time, or 404 where its test is gone; else nothing."""
        if isinstance(exception, SentBefore):
            messages.info(request, _("This form was sent twice and counts once. Here is its result."))
            return redirect(exception.leads_to or "home")
        if isinstance(exception, Archived):
            messages.error(request, archived_words())
            return redirect(page_of_form(request))
        # a row that points to a test which is gone fails at the commit, and what is looked up again is not there
        if not isinstance(exception, ObjectDoesNotExist | IntegrityError) or request.resolver_match is None:
            return None
        test_id = request.resolver_match.kwargs.get("test_id")
        if test_id is None or Test.objects.filter(public_id=test_id).exists():
            return None
        return page_not_found(request, exception)

"""Addresses of how candidates join a test: the way, the code, and who waits."""

from django.urls import URLPattern, path

from candidates.pages.test_code import joiners
from candidates.pages.test_code import views as test_code

CODE = "deliver/tests/<str:test_id>/test-code/"

urlpatterns: list[URLPattern] = [
    path(CODE, joiners.show_joiners, name="test-code"),
    path(f"{CODE}live/", joiners.live, name="test-code-live"),
    path(f"{CODE}approve/", joiners.approve_some, name="test-code-approve"),
    path(f"{CODE}refuse/", joiners.ask_to_refuse, name="test-code-refuse"),
    path(f"{CODE}refuse/save/", joiners.refuse_some, name="test-code-refuse-save"),
    path(f"{CODE}let-in/", joiners.let_in, name="test-code-let-in"),
    path(f"{CODE}set-up/", test_code.change_setup, name="test-code-setup"),
    path(f"{CODE}show/", test_code.show_large, name="test-code-large"),
    path(f"{CODE}replace/", test_code.replace, name="test-code-replace"),
]

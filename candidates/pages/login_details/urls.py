"""Addresses of the candidate login details; every one that opens something takes POST alone."""

from django.urls import URLPattern, path

from candidates.pages.login_details import key_list, one_login
from candidates.pages.login_details import views as login_details
from candidates.pages.one_time_logins import views as one_time_logins

TEST = "deliver/tests/<str:test_id>/"
DETAILS = f"{TEST}login-details/"

urlpatterns: list[URLPattern] = [
    path(DETAILS, login_details.index, name="login-details"),
    path(f"{DETAILS}ticked/", login_details.index_of_ticked, name="login-details-ticked"),
    path(f"{DETAILS}list/", login_details.show_list, name="login-details-list"),
    path(f"{DETAILS}print/", login_details.print_slips, {"layout": "page"}, name="login-details-print"),
    path(f"{DETAILS}print/six/", login_details.print_slips, {"layout": "compact"}, name="login-details-print-six"),
    path(f"{DETAILS}csv/", login_details.download_csv, name="login-details-csv"),
    path(f"{DETAILS}pdf/", login_details.download_pdf, {"layout": "page"}, name="login-details-pdf"),
    path(f"{DETAILS}pdf/six/", login_details.download_pdf, {"layout": "compact"}, name="login-details-pdf-six"),
    path(f"{DETAILS}key-list/", key_list.show_key_list, name="key-list"),
    path(f"{DETAILS}key-list/csv/", key_list.download_key_list, name="key-list-csv"),
    path(f"{DETAILS}key-list/invigilators/", key_list.share, name="key-list-share"),
    path("monitor/tests/<str:test_id>/key-list/", key_list.show_in_the_hall, name="monitor-key-list"),
    path(f"{TEST}one-time-logins/", one_time_logins.choose, name="one-time-logins"),
    path(f"{TEST}one-time-logins/given/", one_time_logins.print_given, name="one-time-logins-given"),
    path("monitor/tests/<str:test_id>/candidates/<str:candidate>/login/", one_login.reveal, name="reveal-login"),
    path(f"{TEST}candidates/<str:candidate>/new-password/", one_login.renew, name="renew-password"),
]

"""Addresses of the candidate login details, also of one-time logins; what opens something takes POST alone."""

from django.urls import URLPattern, path

from candidates.pages.login_details import hall_papers, key_list, one_login, one_time_logins
from candidates.pages.login_details import views as login_details

TEST = "deliver/tests/<str:test_id>/"
DETAILS = f"{TEST}login-details/"
PAPERS = f"{TEST}papers/"
TICKED = f"{TEST}candidates/"

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
    path(PAPERS, hall_papers.index, name="hall-papers"),
    path(f"{PAPERS}pdf/", hall_papers.download, name="hall-papers-pdf"),
    path(f"{PAPERS}xlsx/", hall_papers.download_workbook, name="hall-papers-xlsx"),
    path(f"{PAPERS}void-slips/taken-out/", hall_papers.take_out_void, name="void-slips-taken-out"),
    path(f"{PAPERS}contacts/", hall_papers.contacts, name="hall-contacts"),
    path("monitor/tests/<str:test_id>/key-list/", key_list.show_in_the_hall, name="monitor-key-list"),
    path(f"{TEST}one-time-logins/", one_time_logins.choose, name="one-time-logins"),
    path(f"{TEST}one-time-logins/given/", one_time_logins.print_given, name="one-time-logins-given"),
    path(f"{TICKED}one-time-login/", one_time_logins.ask, name="candidates-one-time-login"),
    path(f"{TICKED}one-time-login/give/", one_time_logins.give, name="candidates-one-time-login-give"),
    path(f"{TICKED}one-time-login/take-back/", one_time_logins.ask_back, name="candidates-one-time-login-take-back"),
    path(
        f"{TICKED}one-time-login/take-back/confirmed/",
        one_time_logins.take_back,
        name="candidates-one-time-login-take-back-confirmed",
    ),
    path("monitor/tests/<str:test_id>/candidates/<str:candidate>/login/", one_login.reveal, name="reveal-login"),
    path(f"{TEST}candidates/<str:candidate>/new-password/", one_login.renew, name="renew-password"),
]

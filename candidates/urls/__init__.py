"""All addresses, one module per page family."""

from candidates.urls import adding, candidates, dashboard, grade, login_details, monitor, pages, signin, tests

urlpatterns = [
    *signin.urlpatterns,
    *pages.urlpatterns,
    *tests.urlpatterns,
    *adding.urlpatterns,  # before candidates: "imports" is no candidate
    *candidates.urlpatterns,
    *login_details.urlpatterns,
    *monitor.urlpatterns,
    *grade.urlpatterns,
    *dashboard.urlpatterns,
]

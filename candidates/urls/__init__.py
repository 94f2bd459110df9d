"""All addresses, one module per page family."""

from candidates.site import health
from candidates.urls import (
    account,
    adding,
    candidates,
    dashboard,
    grade,
    login_details,
    monitor,
    pages,
    people,
    permanent_users,
    planners,
    signin,
    tests,
    user_imports,
    user_lists,
)

urlpatterns = [
    *health.urlpatterns,
    *signin.urlpatterns,
    *account.urlpatterns,
    *pages.urlpatterns,
    *people.urlpatterns,
    *tests.urlpatterns,
    *planners.urlpatterns,
    *adding.urlpatterns,  # before candidates: "imports" is no candidate
    *user_lists.urlpatterns,
    *candidates.urlpatterns,
    *login_details.urlpatterns,
    *monitor.urlpatterns,
    *grade.urlpatterns,
    *dashboard.urlpatterns,
    *user_imports.urlpatterns,
    *permanent_users.urlpatterns,  # after whatever else lies below permanent-users/: "import" is no user
]

"""All addresses, one module per page family."""

from candidates.pages.account import urls as account
from candidates.pages.adding import urls as adding
from candidates.pages.candidates import urls as candidates
from candidates.pages.dashboard import urls as dashboard
from candidates.pages.grade import urls as grade
from candidates.pages.help import urls as pages
from candidates.pages.imports import urls as imports
from candidates.pages.login_details import urls as login_details
from candidates.pages.monitor import urls as monitor
from candidates.pages.people import urls as people
from candidates.pages.permanent_users import urls as permanent_users
from candidates.pages.planners import urls as planners
from candidates.pages.signin import urls as signin
from candidates.pages.tests import urls as tests
from candidates.pages.user_formats import urls as user_formats
from candidates.pages.user_lists import urls as user_lists
from candidates.site import health

urlpatterns = [
    *health.urlpatterns,
    *signin.urlpatterns,
    *account.urlpatterns,
    *pages.urlpatterns,
    *people.urlpatterns,
    *tests.urlpatterns,
    *planners.urlpatterns,
    *adding.urlpatterns,
    *imports.urlpatterns,  # before candidates: "imports" is no candidate
    *user_lists.urlpatterns,
    *candidates.urlpatterns,
    *login_details.urlpatterns,
    *monitor.urlpatterns,
    *grade.urlpatterns,
    *dashboard.urlpatterns,
    *user_formats.urlpatterns,
    *permanent_users.urlpatterns,  # after whatever else lies below permanent-users/: "import" is no user
]

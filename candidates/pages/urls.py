"""All addresses, one module per page family."""

from candidates.pages.access_keys import urls as access_keys
from candidates.pages.account import urls as account
from candidates.pages.adding import urls as adding
from candidates.pages.candidates import urls as candidates
from candidates.pages.dashboard import urls as dashboard
from candidates.pages.door import urls as door
from candidates.pages.grade import urls as grade
from candidates.pages.help import urls as pages
from candidates.pages.imports import urls as imports
from candidates.pages.join import urls as join
from candidates.pages.login_details import urls as login_details
from candidates.pages.monitor import urls as monitor
from candidates.pages.people import urls as people
from candidates.pages.permanent_users import urls as permanent_users
from candidates.pages.platforms import urls as platforms
from candidates.pages.prepared import urls as prepared
from candidates.pages.results import urls as results
from candidates.pages.rooms import urls as rooms
from candidates.pages.roster import urls as roster
from candidates.pages.signin import urls as signin
from candidates.pages.sitting import urls as sitting
from candidates.pages.sources import urls as sources
from candidates.pages.sso_setups import urls as sso_setups
from candidates.pages.test_code import urls as test_code
from candidates.pages.tests import urls as tests
from candidates.pages.user_formats import urls as user_formats
from candidates.pages.user_lists import urls as user_lists
from candidates.pages.webhooks import urls as webhooks
from candidates.site import health

urlpatterns = [
    *health.urlpatterns,
    *signin.urlpatterns,
    *dashboard.urlpatterns,  # early: Django tries them one after the other, and a hall of 1500 asks for these
    *sitting.urlpatterns,
    *join.urlpatterns,
    *sso_setups.urlpatterns,
    *platforms.urlpatterns,
    *account.urlpatterns,
    *pages.urlpatterns,
    *people.urlpatterns,
    *roster.urlpatterns,  # before tests: "new" is no test
    *tests.urlpatterns,
    *test_code.urlpatterns,
    *results.urlpatterns,
    *adding.urlpatterns,
    *imports.urlpatterns,  # before candidates and prepared: "imports" is no candidate, "import" no person
    *prepared.urlpatterns,
    *user_lists.urlpatterns,
    *door.urlpatterns,
    *login_details.urlpatterns,  # before candidates: "one-time-login" is no candidate
    *candidates.urlpatterns,
    *monitor.urlpatterns,
    *grade.urlpatterns,
    *rooms.urlpatterns,
    *sources.urlpatterns,
    *access_keys.urlpatterns,
    *webhooks.urlpatterns,
    *user_formats.urlpatterns,
    *permanent_users.urlpatterns,  # after whatever else lies below permanent-users/: "import" is no user
]

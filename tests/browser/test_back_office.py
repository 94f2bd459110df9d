"""The back office in a real browser: what a list shows is in sight."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from candidates.models import SsoIdentity, User
from tests.factories import make_permanent

pytestmark = pytest.mark.django_db(transaction=True)
# How far the table of a list reaches out of its place.
HIDDEN = "(() => { const box = document.querySelector('.results'); return box.scrollWidth - box.clientWidth; })()"


@pytest.mark.parametrize("people", ["ssoidentity", "permanentuser"])
def test_no_column_of_people_is_cut_off_on_a_desk(
    administrator: User, page_of: Callable[..., Page], forgiven: list[str], people: str
) -> None:
    forgiven.append("404")  # Django's pages name no icon
    now = timezone.now()
    make_permanent("Ingrid Kristine", "Solheim-Ødegård", username="ingrid.kristine.solheim-odegard")
    SsoIdentity.objects.create(
        user=User.objects.create_user("sso-ingrid", kind=User.Kind.SSO),
        authentication_type="campus",
        sso_user_id="ingrid.kristine.solheim@havnes.example",
        sso_key="ingrid.kristine.solheim@havnes.example",
        pinned_at=now - timedelta(days=90),
        refused_at=now,
    )
    page = page_of(administrator)
    page.goto(f"/back-office/candidates/{people}/")
    assert page.evaluate(HIDDEN) == 0

"""Administrators see how each student system is doing, what is wrong in the settings, and test the connection."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.models import AuditEvent, RosterIdentity, Test, User
from candidates.rosters.connecting import connect
from candidates.rosters.source import SourceRefused
from tests.support.roster_source import SLUG, ScriptedSource, scripted, source_settings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sso_offered")]


@pytest.fixture
def source() -> Iterator[ScriptedSource]:
    with scripted() as made:
        yield made


@pytest.fixture
def browser(client_of: Callable[[User | None], Client], administrator: User) -> Client:
    return client_of(administrator)


def page(browser: Client) -> str:
    return browser.get(reverse("sources")).content.decode()


def after_testing(browser: Client) -> str:
    return browser.post(reverse("source-test", args=[SLUG]), follow=True).content.decode()


def certificate(folder: Path, ends: timedelta) -> str:
    """Write a certificate that ends then, and return its path."""
    path = folder / "uni.pem"
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "uni")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    until = timezone.now() + ends
    signed = made.not_valid_before(until - timedelta(days=365)).not_valid_after(until).sign(key, hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return str(path)


def test_nobody_is_asked_before_somebody_tests_the_connection(browser: Client, source: ScriptedSource) -> None:
    source.fails = AssertionError("asked")
    shown = page(browser)
    assert "Havnes registry" in shown
    assert "Not asked yet" in shown
    source.fails = None
    assert "Havnes registry answers." in after_testing(browser)
    assert "Not asked yet" not in page(browser)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.ROSTER_TESTED).count() == 1


def test_a_source_that_refuses_us_says_so_and_how_many_tests_keep_their_candidates(
    browser: Client, source: ScriptedSource, exam: Test, planner: User
) -> None:
    source.put("s1", "A1")
    connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
    source.fails = SourceRefused("It does not take our certificate.")
    assert "It does not take our certificate." in after_testing(browser)
    shown = page(browser)
    assert "Refused" in shown
    assert "We have stopped asking" in shown
    assert "1 test keeps the candidates that it has." in shown
    source.fails = None
    after_testing(browser)
    assert "We have stopped asking" not in page(browser)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (timedelta(days=23, minutes=1), "The certificate expires in 23 days"),
        (timedelta(days=-2), "The certificate expired on"),
        (timedelta(days=90), None),
    ],
)
def test_a_certificate_says_thirty_days_before_that_it_ends(
    browser: Client, tmp_path: Path, ends: timedelta, words: str | None
) -> None:
    with scripted(certificate=certificate(tmp_path, ends)):
        shown = page(browser)
    assert (words in shown) if words else ("The certificate" not in shown)


def test_a_certificate_that_cannot_be_read_is_named_by_its_setting(browser: Client, tmp_path: Path) -> None:
    (tmp_path / "uni.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n")
    with scripted(certificate=str(tmp_path / "uni.pem")):
        assert "The certificate cannot be read: ROSTER_UNI_CERTIFICATE" in page(browser)


def test_what_is_wrong_in_the_settings_stands_there_and_no_secret(browser: Client, settings: Any) -> None:
    settings.ROSTER_SOURCES = [
        source_settings(
            kind="fs", password="hidden-word", api_key="hidden-key", problems=["ROSTER_UNI_URL is not set."]
        )
    ]
    settings.ROSTER_SOURCES_LEFT_OUT = ["ROSTER_PCG_KIND is “pcg”; it can be ladok."]
    shown = page(browser)
    assert "ROSTER_UNI_URL is not set." in shown
    assert "Switched off" in shown
    assert "ROSTER_PCG_KIND" in shown
    assert "hidden-" not in shown


def test_without_a_source_the_page_says_which_settings_make_one(browser: Client, settings: Any) -> None:
    settings.ROSTER_SOURCES = []
    shown = page(browser)
    assert "No student system is set up" in shown
    assert "ROSTER_UNI_ORGANISATION" in shown
    assert browser.post(reverse("source-test", args=[SLUG])).status_code == 404


def test_people_whose_login_is_not_clear_are_named_and_released(browser: Client, source: ScriptedSource) -> None:
    found = RosterIdentity.objects.create(
        user=User.objects.create_user("sso-x", kind=User.Kind.SSO),
        authentication_type="campus",
        claim="norEduPersonLIN",
        login="lin-1",
        login_key="lin-1",
        refused_at=timezone.now(),
    )
    assert "lin-1" in page(browser)
    release = reverse("source-person-release", args=[found.public_id])
    assert "Let another account" in browser.get(release).content.decode()
    assert "is let in" in browser.post(release, follow=True).content.decode()
    assert browser.get(release).status_code == 404
    assert "lin-1" not in page(browser)


def test_the_page_costs_the_same_for_one_and_for_many_sources(browser: Client, settings: Any) -> None:
    def cost(number: int) -> int:
        settings.ROSTER_SOURCES = [source_settings(f"uni-{one}", kind="fs") for one in range(number)]
        with CaptureQueriesContext(connection) as queries:
            page(browser)
        return len(queries)

    cost(1)
    assert cost(1) == cost(12)

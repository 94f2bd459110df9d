"""Permanent users in the back office: to look at, and to export with a permission of its own."""

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from candidates.models import AuditEvent, PermanentUser, User
from tests.factories import make_permanent, make_staff

ClientOf = Callable[[User | None], Client]
USERS = "/back-office/candidates/permanentuser/"
PASSWORD = "a long winter evening"
CSV, XLSX = "0", "1"


@pytest.fixture
def kari(db: None) -> PermanentUser:
    return make_permanent(
        "=Kari", "Nordmann", username="kari.nordmann", password=PASSWORD, external_id="00017", email="k@uni.example"
    )


@pytest.fixture
def viewer(db: None) -> User:
    """Somebody of the back office who may look."""
    user = make_staff("viewer", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_permanentuser", "view_permanentuserlist"]))
    return user


def test_who_may_look_finds_people_and_changes_nothing(client_of: ClientOf, viewer: User, kari: PermanentUser) -> None:
    make_permanent("Ola", "Ødegård")
    browser = client_of(viewer)
    found = browser.get(USERS, {"q": "nordmann"}).content.decode()
    assert "kari.nordmann" in found
    assert "Ødegård" not in found
    page = browser.get(f"{USERS}{kari.pk}/change/").content.decode()
    assert "k@uni.example" in page
    for text in (found, page):
        assert kari.user.password not in text
        assert "password" not in text.replace("password_change", "").casefold().replace("change password", "")
    assert browser.post(f"{USERS}{kari.pk}/change/", {"first_name": "Karin"}).status_code == 403
    kari.refresh_from_db()
    assert kari.first_name == "=Kari"


def test_without_the_permission_there_is_nothing(client_of: ClientOf, kari: PermanentUser) -> None:
    browser = client_of(make_staff("nobody.special", is_staff=True))
    assert browser.get("/back-office/").status_code == 200
    for address in ("", "export/", f"{kari.pk}/change/"):
        assert browser.get(USERS + address).status_code in {403, 404}, address


def test_to_look_is_not_to_export(client_of: ClientOf, viewer: User, kari: PermanentUser) -> None:
    browser = client_of(viewer)
    assert browser.get(f"{USERS}export/").status_code == 403
    assert browser.post(f"{USERS}export/", {"format": CSV}).status_code == 403
    assert not AuditEvent.objects.filter(action="permanent_users_exported").exists()
    viewer.user_permissions.add(Permission.objects.get(codename="export_permanentuser"))
    assert browser.get(f"{USERS}export/").status_code == 200


def test_more_people_than_an_xlsx_is_made_of_quickly_are_told_to_come_as_csv(
    client_of: ClientOf, administrator: User, kari: PermanentUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("candidates.back_office.people.MAX_XLSX_ROWS", 0)
    browser = client_of(administrator)
    answer = browser.post(f"{USERS}export/", {"format": XLSX})
    assert "1 people are too many for XLSX" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="permanent_users_exported").exists()
    assert browser.post(f"{USERS}export/", {"format": CSV}).headers["Content-Type"] == "text/csv"


def test_an_export_holds_no_password_and_no_formula_and_is_recorded(
    client_of: ClientOf, administrator: User, kari: PermanentUser
) -> None:
    made = make_permanent("Ola", "Ødegård")
    User.objects.filter(pk=made.pk).update(is_active=False)
    answer = client_of(administrator).post(f"{USERS}export/", {"format": CSV})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines == [
        "First name,Last name,Username,E-mail,External ID,May log in",
        '"\'=Kari",Nordmann,kari.nordmann,k@uni.example,00017,yes',
        f"Ola,Ødegård,{made.user.username},,,no",
    ]
    for user in (kari.user, made.user):
        assert user.password not in answer.content.decode()
    event = AuditEvent.objects.get(action="permanent_users_exported")
    assert (event.actor, event.count, event.detail) == (administrator, 2, {"format": "csv"})


def test_a_spreadsheet_keeps_zeros(client_of: ClientOf, administrator: User, kari: PermanentUser) -> None:
    answer = client_of(administrator).post(f"{USERS}export/", {"format": XLSX})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["'=Kari", "Nordmann", "kari.nordmann", "k@uni.example", "00017", "yes"]


def test_there_are_two_formats_and_no_import(client_of: ClientOf, administrator: User, kari: PermanentUser) -> None:
    browser = client_of(administrator)
    page = browser.get(f"{USERS}export/").content.decode()
    assert page.count("<option") == 3  # none chosen yet, csv, xlsx
    assert browser.post(f"{USERS}export/", {"format": "2"}).status_code == 200
    assert not AuditEvent.objects.filter(action="permanent_users_exported").exists()
    for address in ("import/", "process_import/"):
        assert browser.post(USERS + address).status_code in {302, 403, 404}
    assert ">Import" not in browser.get(USERS).content.decode()

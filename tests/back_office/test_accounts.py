"""The back office: staff accounts that can log in however their names were typed, and an audit that nobody changes."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from candidates import audit
from candidates.models import AuditEvent, PermanentUserList, SsoIdentity, User
from tests.factories import make_staff

PASSWORD = "a fjord in the morning"
# The first could be made. The database keeps the next two as well, and login folds the others to such names.
RESERVED = ["6czep34v", "2boooooo", "2b-frank", "2b-franke", "2B FRANKE", "２b‑franke"]


def add_staff(browser: Client, username: str) -> int:
    """Make a planner on the page for that; tests/signin/test_own_password.py has the first login."""
    data = {"username": username, "name": "Åse Nord", "password1": PASSWORD, "password2": PASSWORD, "is_planner": "on"}
    return browser.post("/back-office/candidates/user/add/", {**data, "usable_password": "true"}).status_code


@pytest.mark.parametrize("typed", ["Planner2", " planner2 ", "ＰＬＡＮＮＥＲ2"])
def test_an_account_made_with_any_spelling_can_log_in(
    administrator: User, client_of: Callable[[User | None], Client], typed: str
) -> None:
    assert add_staff(client_of(administrator), typed) == 302
    answer = Client().post("/login/", {"username": "planner2", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/deliver/tests/")


def test_two_spellings_of_one_name_are_refused(administrator: User, client_of: Callable[[User | None], Client]) -> None:
    browser = client_of(administrator)
    assert add_staff(browser, "planner2") == 302
    assert add_staff(browser, "PLANNER2") == 200
    assert User.objects.filter(username__iexact="planner2").count() == 1


@pytest.mark.parametrize("typed", RESERVED)
def test_a_name_of_the_reserved_shape_is_refused_with_a_sentence(
    administrator: User, planner: User, client_of: Callable[[User | None], Client], typed: str
) -> None:
    browser = client_of(administrator)
    new = {"username": typed, "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    for address, data in (("add", new), (f"{planner.pk}/change", {"username": typed, "is_active": "on"})):
        answer = browser.post(f"/back-office/candidates/user/{address}/", data)
        assert answer.status_code == 200
        assert "kept for one-time users" in answer.content.decode()
    assert not User.objects.exclude(pk__in=[administrator.pk, planner.pk]).exists()
    assert User.objects.get(pk=planner.pk).username == "planner"


@pytest.mark.parametrize("typed", RESERVED)
def test_the_first_administrator_is_told_the_same(
    db: None, typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="kept for one-time users"):
        call_command("createsuperuser", interactive=False, username=typed)
    assert not User.objects.exists()


@pytest.mark.parametrize("typed", ["2b-fran", "22-franke", "b2-franke", "2b-frankel", "2o-franke"])
def test_names_beside_the_reserved_shape_can_log_in(
    administrator: User, client_of: Callable[[User | None], Client], typed: str
) -> None:
    assert add_staff(client_of(administrator), typed) == 302
    assert Client().post("/login/", {"username": typed, "password": PASSWORD})["Location"] == "/deliver/tests/"


def test_an_administrator_made_here_makes_changes_and_deactivates_accounts_and_reads_the_audit(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    new = {"password1": PASSWORD, "password2": PASSWORD, "username": "berit", "name": "Berit", "is_administrator": "on"}
    users = "/back-office/candidates/user/"
    assert client_of(administrator).post(f"{users}add/", new).status_code == 302
    User.objects.update(must_change_password=False)  # which berit has done
    berit = User.objects.get(username="berit")
    assert (berit.is_staff, berit.is_superuser, berit.user_permissions.count()) == (False, False, 0)
    browser = client_of(berit)
    assert add_staff(browser, "planner2") == 302
    made = User.objects.get(username="planner2")
    sent = {"username": "planner2", "name": "Åse Vest"}
    assert browser.post(f"{users}{made.pk}/change/", sent).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.is_active) == ("Åse Vest", False)
    newer = {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"}
    assert browser.post(f"{users}{made.pk}/password/", newer).status_code == 302
    made.refresh_from_db()
    assert made.check_password(f"{PASSWORD} again")
    assert "Account of staff made or changed" in browser.get("/back-office/candidates/auditevent/").content.decode()
    assert 'href="/back-office/"' in browser.get("/permanent-users/").content.decode()


def test_nobody_becomes_a_superuser_or_gets_more_rights_here(
    administrator: User, planner: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(administrator)
    more = {"is_staff": "on", "is_superuser": "on", "user_permissions": ["1"], "groups": ["1"]}
    sent = {"is_active": "on", "is_administrator": "on", **more}
    for account in (administrator, planner):
        address = f"/back-office/candidates/user/{account.pk}/change/"
        assert browser.post(address, {"username": account.username, **sent}).status_code == 302
        account.refresh_from_db()
        assert (account.is_administrator, account.is_staff, account.is_superuser) == (True, False, False)
        assert account.user_permissions.count() == 0
    root = User.objects.create_superuser("root", PASSWORD)
    newer = {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"}
    address = f"/back-office/candidates/user/{root.pk}/password/"
    assert [getattr(browser, method)(address, newer).status_code for method in ("get", "post")] == [403, 403]
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_what_the_command_line_gave_goes_with_the_role(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    root = User.objects.create_superuser("root", PASSWORD)
    administrator.set_password(PASSWORD)
    administrator.save()
    browser, sent = client_of(administrator), {"username": "root", "is_active": "on"}
    assert browser.post(f"/back-office/candidates/user/{root.pk}/change/", sent).status_code == 302
    assert client_of(root).get("/back-office/").status_code == 403
    root.refresh_from_db()
    assert (root.is_staff, root.is_superuser) == (False, False)


@pytest.mark.parametrize("who", ["planner", "colleague", "stranger", "invigilator", "grader"])
def test_only_administrators_open_it(
    request: pytest.FixtureRequest, client_of: Callable[[User | None], Client], who: str
) -> None:
    browser = client_of(request.getfixturevalue(who))
    for address in ("", "login/", "candidates/user/"):
        answer = browser.get(f"/back-office/{address}")
        assert answer.status_code == 403
        assert "You may not open this page" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ["/back-office/", "/back-office/login/", "/back-office/candidates/user/"])
def test_who_is_not_logged_in_meets_the_one_login_form(client: Client, db: None, method: str, address: str) -> None:
    answer = getattr(client, method)(address, {"username": "administrator", "password": PASSWORD})
    assert (answer.status_code, answer["Location"].startswith("/login/?next=/back-office/")) == (302, True)


def test_it_is_named_after_the_product_and_shows_what_is_used(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(administrator)
    page = browser.get("/back-office/").content.decode()
    assert "<title>Accounts and audit – Deliver</title>" in page
    for unused in ("Django administration", "Groups"):
        assert unused not in page
    assert browser.get("/back-office/auth/group/").status_code == 404
    assert browser.get("/back-office/login/")["Location"] == "/back-office/"


def test_who_made_an_account_or_changed_its_roles_or_password_is_recorded(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(administrator)
    add_staff(browser, "planner2")
    made = User.objects.get(username="planner2")
    address = f"/back-office/candidates/user/{made.pk}/"
    browser.post(f"{address}change/", {"username": "planner2", "name": "Åse Nord", "is_grader": "on"})
    new = {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again", "usable_password": "true"}
    assert browser.post(f"{address}password/", new).status_code == 302
    events = AuditEvent.objects.filter(action=AuditEvent.Action.ACCOUNT_CHANGED).order_by("pk")
    assert {event.actor for event in events} == {administrator}
    assert [(event.detail["roles"], event.detail["is_active"]) for event in events] == [
        (["is_planner"], True),
        (["is_grader"], False),
        (["is_grader"], False),
    ]
    assert PASSWORD not in str([event.detail for event in events])


@pytest.mark.parametrize("ended", ["deactivated", "another password"])
def test_staff_whose_account_ends_or_whose_password_is_another_are_out_at_the_next_click(
    administrator: User, client_of: Callable[[User | None], Client], ended: str
) -> None:
    browser = client_of(administrator)
    add_staff(browser, "planner2")
    User.objects.update(must_change_password=False)
    login = {"username": "planner2", "password": PASSWORD}
    inside = Client()
    inside.post("/login/", login)
    assert inside.get("/deliver/tests/").status_code == 200
    address = f"/back-office/candidates/user/{User.objects.get(username='planner2').pk}/"
    if ended == "deactivated":
        browser.post(f"{address}change/", {"username": "planner2", "is_planner": "on"})
    else:
        new = {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again", "usable_password": "true"}
        browser.post(f"{address}password/", new)
    answer = inside.get("/deliver/tests/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/deliver/tests/")
    assert Client().post("/login/", login).status_code == 422


def test_the_audit_is_read_only(administrator: User, client_of: Callable[[User | None], Client]) -> None:
    event = audit.record(audit.Action.LOGIN, by=administrator)
    browser = client_of(administrator)
    assert browser.get("/back-office/candidates/auditevent/").status_code == 200
    for address in ("add/", f"{event.pk}/delete/"):
        assert browser.post(f"/back-office/candidates/auditevent/{address}").status_code == 403
    assert browser.post(f"/back-office/candidates/auditevent/{event.pk}/change/", {"count": 7}).status_code == 403


def test_accounts_of_candidates_are_not_handled_there(
    administrator: User, candidate: object, client_of: Callable[[User | None], Client]
) -> None:
    user = User.objects.get(kind=User.Kind.ONE_TIME, candidacies__candidate_id="0001")
    assert client_of(administrator).get(f"/back-office/candidates/user/{user.pk}/change/").status_code == 302


def test_administrators_find_their_way_back_to_the_product(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    browser = client_of(administrator)
    assert f'href="{reverse("permanent-users")}"' in browser.get("/back-office/").content.decode()
    assert f'href="{reverse("admin:index")}"' in browser.get(reverse("sso-setups")).content.decode()


def test_people_of_institutions_are_deactivated_and_let_in_again(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    anna = User.objects.create_user("sso-anna", kind=User.Kind.SSO)
    identity = SsoIdentity.objects.create(
        user=anna, authentication_type="campus", sso_user_id="anna@havnes.example", sso_key="anna@havnes.example"
    )
    inside, browser = client_of(anna), client_of(administrator)
    address = reverse("admin:candidates_ssoidentity_changelist")
    page = browser.get(address, {"q": "anna"}).content.decode()
    assert "anna@havnes.example" in page
    assert '<td class="field-institution">Havnes Campus</td>' in page  # not by the name of its setup
    chosen = {"_selected_action": [identity.pk]}
    page = browser.post(address, {**chosen, "action": "deactivate"}, follow=True).content.decode()
    assert "1 person may not log in any more." in page
    assert inside.get("/dashboard/").status_code == 302
    event = AuditEvent.objects.get(action=AuditEvent.Action.ACCOUNT_CHANGED)
    assert (event.actor, event.count, event.detail["accounts"]) == (administrator, 1, ["sso-anna"])
    assert "anna@havnes.example" not in str(event.detail)
    page = browser.post(address, {**chosen, "action": "deactivate"}, follow=True).content.decode()
    assert "0 people may not log in any more." in page
    browser.post(address, {**chosen, "action": "reactivate"})
    anna.refresh_from_db()
    assert anna.is_active


def test_nothing_of_a_person_of_an_institution_is_edited(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    anna = User.objects.create_user("sso-anna", kind=User.Kind.SSO)
    identity = SsoIdentity.objects.create(
        user=anna, authentication_type="campus", sso_user_id="anna@havnes.example", sso_key="anna@havnes.example"
    )
    address = reverse("admin:candidates_ssoidentity_change", args=[identity.pk])
    browser = client_of(administrator)
    assert 'name="_save"' not in browser.get(address).content.decode()
    browser.post(address, {"sso_user_id": "berit@havnes.example", "user": administrator.pk})
    identity.refresh_from_db()
    assert (identity.sso_user_id, identity.user) == ("anna@havnes.example", anna)


def test_lists_of_who_leaves_or_plans_no_more_pass_to_the_administrator_who_does_it(
    administrator: User, planner: User, colleague: User, client_of: Callable[[User | None], Client]
) -> None:
    kept, left = (PermanentUserList.objects.create(name=who.username, owner=who) for who in (colleague, planner))
    browser = client_of(administrator)
    for who, still in ((planner, {"is_planner": "on"}), (colleague, {"is_active": "on", "is_planner": "on"})):
        browser.post(f"/back-office/candidates/user/{who.pk}/change/", {"username": who.username, **still})
    left.refresh_from_db()
    kept.refresh_from_db()
    assert (left.owner, kept.owner) == (administrator, colleague)
    browser.post(f"/back-office/candidates/user/{colleague.pk}/change/", {"username": "colleague", "is_active": "on"})
    kept.refresh_from_db()
    assert kept.owner == administrator


def test_an_administrator_who_gives_up_the_roles_keeps_the_lists_for_others_to_hand_over(
    administrator: User, client_of: Callable[[User | None], Client]
) -> None:
    own = PermanentUserList.objects.create(name="Own", owner=administrator)
    User.objects.create_user("second", PASSWORD, is_administrator=True)
    address = f"/back-office/candidates/user/{administrator.pk}/change/"
    sent = {"username": "administrator", "is_active": "on"}
    assert client_of(administrator).post(address, sent).status_code == 302
    own.refresh_from_db()
    assert (own.owner, own.name) == (administrator, "Own")


@pytest.mark.parametrize("there", [True, False])
def test_lists_of_who_leaves_pass_to_the_first_administrator_where_who_does_it_keeps_none(
    there: bool, administrator: User, planner: User, client_of: Callable[[User | None], Client]
) -> None:
    left = PermanentUserList.objects.create(name="BIO2150", owner=planner)
    User.objects.filter(pk=administrator.pk).update(is_active=there)
    make_staff("second", is_administrator=True, is_active=there)
    clerk = make_staff("clerk", is_staff=True, is_superuser=True)
    address = f"/back-office/candidates/user/{planner.pk}/change/"
    sent = {"username": planner.username, "name": planner.name}
    page = client_of(clerk).post(address, sent, follow=True).content.decode()
    left.refresh_from_db()
    assert left.owner == (administrator if there else planner)
    assert (f"{administrator} now keeps 1 list of permanent users that {planner} kept." in page) == there
    User.objects.filter(pk=administrator.pk).update(is_active=True)
    lists = client_of(administrator).get("/permanent-users/lists/").content.decode()
    assert ("has left" in lists) != there

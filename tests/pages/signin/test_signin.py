"""The login page, logging out, and the way to everybody's first page."""

import re

import pytest
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candidates.credentials.renewing import renew_password
from candidates.credentials.secrets import new_username, show_password
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.removal import remove_candidates
from candidates.models import AuditEvent, Candidate, Test, User
from candidates.models.accounts import show_username
from candidates.pages.signin.forms import LoginForm
from candidates.pages.signin.views import LogIn
from tests.factories import activated, add, make_test, password_of

CHOSEN = "correct horse battery"
REFUSED = "Username and password do not fit together. Look at your slip, or ask the invigilator."


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    """Hashes of a microsecond: these tests are about answers, not about hashing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def log_in(username: str, password: str, client: Client | None = None, **fields):
    return (client or Client()).post("/login/", {"username": username, "password": password, **fields})


def with_password(user: User) -> User:
    user.set_password(CHOSEN)
    user.save()
    return user


def user_of(candidate: Candidate) -> User:
    assert candidate.user is not None
    return candidate.user


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def spelled(username: str, password: str) -> list[tuple[str, str]]:
    name, secret = show_username(username), show_password(password)
    return [
        (name, secret),
        (username, password),
        (name.upper(), secret.upper()),
        (f"  {name} ", f" {secret}  "),
        (name.replace("-", " "), secret.replace("-", " ")),
        (name.replace("-", "–"), secret.replace("-", "—")),
        (name.replace("-", "\u00a0"), secret.replace("-", "\u00ad")),
        (full_width(name), full_width(secret)),
        (f"\u200b{name}\ufeff", f"{secret}\u200e"),
        (f"{name}\t", f"{secret}\r\n"),
    ]


# The page ------------------------------------------------------------------------------------------------------------


def test_the_page_has_what_a_slip_asks_for(db):
    response = Client().get("/login/")
    page = response.content.decode()
    assert response.status_code == 200
    for words in ("Username", "Password", "Log in", "Trouble logging in? Ask the invigilator."):
        assert words in page
    assert "no-store" in response["Cache-Control"]


def test_the_page_asks_the_database_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        Client().get("/login/")


def test_signed_out_the_first_address_leads_to_the_login_page(db):
    assert Client().get("/")["Location"] == "/login/"


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("planner", "/deliver/tests/"),
        ("invigilator", "/monitor/"),
        ("grader", "/grade/"),
    ],
)
def test_everybody_comes_to_the_own_first_page(request, who, page, client_of):
    user = with_password(request.getfixturevalue(who))
    assert log_in(user.username, CHOSEN)["Location"] == page
    assert client_of(user).get("/")["Location"] == page


def test_somebody_without_any_page_comes_to_the_help(db, client_of):
    user = with_password(User.objects.create_user("nobody"))
    assert log_in("nobody", CHOSEN)["Location"] == "/help/"
    assert client_of(user).get("/")["Location"] == "/help/"


# Getting in ----------------------------------------------------------------------------------------------------------


def test_a_slip_opens_the_dashboard_however_it_is_typed(candidate):
    for username, password in spelled(candidate.user.username, password_of(candidate)):
        response = log_in(username, password)
        assert (response.status_code, response["Location"]) == (302, "/dashboard/"), (username, password)


def test_before_the_opening_a_slip_works_already(scheduled_exam):
    candidate = Candidate.objects.get(test=scheduled_exam, candidate_id="0001")
    assert log_in(user_of(candidate).username, password_of(candidate)).status_code == 302


def test_after_the_end_a_slip_opens_the_archive(candidate, clock):
    password = password_of(candidate)
    clock.set(candidate.test.ends_at)
    clock.move(days=30)
    client = Client()
    assert log_in(candidate.user.username, password, client).status_code == 302
    assert candidate.test.name in client.get("/dashboard/archive/").content.decode()


def test_a_chosen_password_is_taken_exactly(planner):
    with_password(planner)
    assert log_in(" Planner ", CHOSEN).status_code == 302
    assert log_in("planner", CHOSEN.upper()).status_code == 422
    assert log_in("planner", f"{CHOSEN} ").status_code == 422


def test_a_login_shows_on_monitor_and_in_the_audit(candidate):
    log_in(candidate.user.username, password_of(candidate))
    candidate.refresh_from_db()
    assert candidate.logged_in_at == candidate.last_seen_at is not None
    event = AuditEvent.objects.get(action="login")
    assert (event.actor, event.address) == (candidate.user, "127.0.0.1")
    first = candidate.logged_in_at
    log_in(candidate.user.username, password_of(candidate))
    candidate.refresh_from_db()
    assert candidate.logged_in_at == first
    assert AuditEvent.objects.filter(action="login").count() == 2


def test_a_login_of_staff_notes_when(planner):
    with_password(planner)
    log_in("planner", CHOSEN)
    planner.refresh_from_db()
    assert planner.last_login is not None


def test_a_login_takes_few_queries(candidate):
    password = password_of(candidate)
    with CaptureQueriesContext(connection) as captured:
        log_in(candidate.user.username, password)
    asked = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    # user; still there; shown on Monitor; audit; session
    assert len(asked) == 5, "\n".join(asked)
    assert sum(not sql.startswith("SELECT") for sql in asked) == 3


def test_login_page_login_and_dashboard_build_no_query(candidate, monkeypatch):
    built: list[str] = []
    password = password_of(candidate)
    real = SQLCompiler.as_sql

    def counted(compiler: SQLCompiler, *how, **more):
        built.append(str(compiler.query.model))
        return real(compiler, *how, **more)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    for _time in range(2):  # at the first one of a thread what it will ask is built
        built.clear()
        browser = Client()
        browser.get("/login/")
        browser.post("/login/", {"username": candidate.user.username, "password": password})
        assert candidate.candidate_id in browser.get("/dashboard/").content.decode()
    assert built == []


# What happens to the account after its password was found right, and before the login is stored.
MEANWHILE = {
    "deleted": lambda user: (Candidate.objects.filter(user=user).delete(), User.objects.filter(pk=user.pk).delete()),
    "deactivated": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
}


@pytest.mark.django_db(transaction=True)  # the foreign key of the audit is looked at when the login is stored
@pytest.mark.parametrize("what", MEANWHILE)
def test_whose_account_goes_at_this_moment_gets_the_usual_answer(candidate, planner, monkeypatch, client_of, what):
    login, real = (user_of(candidate).username, password_of(candidate)), LogIn.form_valid

    def meanwhile(view: LogIn, form: LoginForm):
        MEANWHILE[what](form.get_user())
        return real(view, form)

    monkeypatch.setattr(LogIn, "form_valid", meanwhile)
    browser = client_of(planner)
    response = log_in(*login, browser)
    assert (response.status_code, REFUSED in response.content.decode()) == (422, True)
    assert browser.get("/").headers["Location"] == "/deliver/tests/"  # whoever was logged in there still is
    assert AuditEvent.objects.filter(action="login_refused").count() == 1
    assert list(AuditEvent.objects.filter(action="login").values_list("actor", flat=True)) == [planner.pk]


# Not getting in ------------------------------------------------------------------------------------------------------


def refused(username: str, password: str):
    """Log in, and return what tells refusals apart: the page without what was typed and without the token."""
    response = log_in(username, password)
    page = response.content.decode()
    assert REFUSED in page
    assert password not in page
    assert "sessionid" not in response.cookies
    return response.status_code, re.sub(r'value="[^"]*"', "", page)


def test_every_refusal_looks_the_same(open_exam, planner, administrator, db):
    by_id = {found.candidate_id: found for found in Candidate.objects.filter(test=open_exam)}
    active, inactive, removed = by_id["0001"], by_id["0002"], by_id["kari"]
    passwords = {found.pk: password_of(found) for found in by_id.values()}
    User.objects.filter(pk=user_of(inactive).pk).update(is_active=False)
    remove_candidates(test=open_exam, public_ids=[removed.public_id], by=planner)
    with_password(planner)
    User.objects.filter(pk=with_password(administrator).pk).update(is_active=False)
    sso = User.objects.create_user("feide:kari", kind=User.Kind.SSO)
    tried = [
        (user_of(active).username, "2222-2222-22222"),
        (user_of(inactive).username, passwords[inactive.pk]),
        (user_of(removed).username, passwords[removed.pk]),
        (new_username(), passwords[active.pk]),
        (planner.username, "wrong-password"),
        (administrator.username, CHOSEN),
        (sso.username, "wrong-password"),
        ("nobody-of-that-name", "wrong-password"),
    ]
    answers = {refused(username, password) for username, password in tried}
    assert len(answers) == 1
    assert answers.pop()[0] == 422


def test_before_activation_there_is_no_login(exam, candidates):
    assert not User.objects.filter(kind="one_time").exists()


def test_after_deactivation_a_slip_opens_nothing_and_after_activation_it_does_again(candidate, planner, exam):
    password = password_of(candidate)
    deactivate(test=candidate.test, by=planner)
    assert refused(candidate.user.username, password)[0] == 422
    activate(test=candidate.test, by=planner)
    assert log_in(candidate.user.username, password).status_code == 302


def test_a_new_password_ends_the_old_one(candidate, planner):
    old = password_of(candidate)
    renew_password(candidate=candidate, by=planner)
    assert refused(candidate.user.username, old)[0] == 422
    assert log_in(candidate.user.username, password_of(candidate)).status_code == 302


@pytest.mark.parametrize(
    "username",
    [
        "x" * 10_000,
        "6czep34v" + " " * 10_000,
        "nul\x00",
        "\x00",
        "zero\u200bwidth",
        "\u202egnitirw tfel ot thgir",
        "A\u030ase",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "{{ 7*7 }}",
        "line\r\nSet-Cookie: x=y",
        "👩‍🔬",
        "\ufffd",
    ],
)
def test_weird_names_are_only_wrong(db, username):
    response = log_in(username, "secret-typed")
    page = response.content.decode()
    assert response.status_code == 422
    assert REFUSED in page
    assert "secret-typed" not in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("body", [b"username=%ED%A0%80&password=%ED%A0%80", b"username=%FF&password=%00", b"%00=%00"])
def test_bytes_that_are_no_text_are_only_wrong(db, body):
    response = Client().generic("POST", "/login/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422


@pytest.mark.parametrize("password", ["x" * 4096, "nul\x00", "\u202e", " "])
def test_weird_passwords_are_only_wrong(candidate, planner, password):
    with_password(planner)
    for username in (candidate.user.username, "planner"):
        response = log_in(username, password)
        assert response.status_code == 422
        assert REFUSED in response.content.decode()


@pytest.mark.parametrize("fields", [{"username": "", "password": "x"}, {"username": "x", "password": ""}, {}])
def test_an_empty_field_is_named_and_nothing_is_tried(db, fields):
    response = Client().post("/login/", fields)
    assert response.status_code == 422
    assert "Fill this in." in response.content.decode()
    assert not AuditEvent.objects.filter(action="login_refused").exists()


def test_what_was_typed_as_name_stays_in_the_field(db):
    assert 'value="6cze-p34v"' in log_in("6cze-p34v", "wrong").content.decode()


# Where to, and sessions ------------------------------------------------------------------------------------------


def test_the_page_that_was_asked_for_comes_after_the_login(candidate):
    client = Client()
    asked = client.get("/dashboard/archive/")["Location"]
    assert asked == "/login/?next=/dashboard/archive/"
    assert 'name="next" value="/dashboard/archive/"' in client.get(asked).content.decode()
    response = log_in(candidate.user.username, password_of(candidate), client, next="/dashboard/archive/")
    assert response["Location"] == "/dashboard/archive/"


@pytest.mark.parametrize(
    "left",
    [
        "/tests/",
        "/grade/",
        "/permanent-users/",
        "/back-office/",
        "/sso/setups/",
        "/test/{other}/",
        "/test/{other}/?x=1",
        "/test/{other}/submit/",
        "/test/{own}/start/",  # a form's
        "/login/",
        "/logout/",
        "/health/",
        "/help/",
        "/back-office/logout/",
    ],
)
def test_the_page_that_somebody_else_has_left_is_not_where_a_candidate_arrives(candidate, planner, left):
    other = make_test(planner=planner, name="Of somebody else")
    add(other, planner, "9001")
    activated(other, planner)
    wanted = left.format(other=other.public_id, own=candidate.test.public_id)
    response = log_in(candidate.user.username, password_of(candidate), next=wanted)
    assert response["Location"] == "/dashboard/"


def test_the_own_test_and_a_demo_test_are_where_a_candidate_arrives(candidate, planner):
    demo = activated(Test.objects.create(name="Try it", is_demo=True), planner)
    for test in (candidate.test, demo):
        wanted = f"/test/{test.public_id}/"
        assert log_in(candidate.user.username, password_of(candidate), next=wanted)["Location"] == wanted


def test_who_plans_arrives_where_only_planners_may_and_not_on_a_dashboard(planner):
    with_password(planner)
    assert log_in("planner", CHOSEN, next="/monitor/")["Location"] == "/monitor/"
    assert log_in("planner", CHOSEN, next="/dashboard/")["Location"] == "/deliver/tests/"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/x\r\nLocation: //evil.example",
        "\x00//evil.example",
        "http:///evil.example",
    ],
)
def test_an_address_elsewhere_is_dropped(candidate, address):
    password = password_of(candidate)
    response = log_in(candidate.user.username, password, next=address)
    assert response["Location"] == "/dashboard/"
    fields = {"username": candidate.user.username, "password": password}
    assert Client().post("/login/", fields, query_params={"next": address})["Location"] == "/dashboard/"


def test_code_and_state_in_the_address_do_nothing_special(candidate, planner, client_of):
    fields = {"username": candidate.user.username, "password": "wrong"}
    assert Client().post("/login/?code=x&state=y", fields).status_code == 422
    client = client_of(planner)
    key = client.session.session_key
    for address in ("/?code=x&state=y", "/login/?code=x&state=y", "/login/?error=access_denied"):
        client.get(address)
    assert client.session.session_key == key
    assert client.get("/").status_code == 302
    assert client.session["_auth_user_id"] == str(planner.pk)


def test_the_session_gets_a_new_id_and_the_old_one_is_dead(candidate, client_of):
    client = Client()
    password = password_of(candidate)
    log_in(candidate.user.username, password, client)
    first = client.cookies["sessionid"].value
    log_in(candidate.user.username, password, client)
    second = client.cookies["sessionid"].value
    assert first != second
    client.cookies["sessionid"] = first
    assert client.get("/dashboard/")["Location"].startswith("/login/")


def test_a_session_id_from_before_the_login_is_not_taken_over(candidate):
    client = Client()
    client.cookies["sessionid"] = "chosenbysomebodyelse0000000000000"
    log_in(candidate.user.username, password_of(candidate), client)
    assert client.cookies["sessionid"].value != "chosenbysomebodyelse0000000000000"


def test_logging_in_as_somebody_else_is_a_full_switch(candidate, planner):
    client = Client()
    with_password(planner)
    log_in("planner", CHOSEN, client)
    session = client.session
    session["remembered"] = "of the planner"
    session.save()
    log_in(candidate.user.username, password_of(candidate), client)
    assert client.get("/deliver/tests/").status_code == 403
    assert client.get("/dashboard/").status_code == 200
    assert "remembered" not in client.session


def test_logging_out_is_a_post_and_kills_the_session_on_the_server(candidate):
    client = Client()
    log_in(candidate.user.username, password_of(candidate), client)
    stolen = client.cookies["sessionid"].value
    assert client.get("/logout/").status_code == 405
    assert client.get("/dashboard/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/dashboard/")["Location"].startswith("/login/")
    assert AuditEvent.objects.filter(action="logout", actor=candidate.user).count() == 1


def test_logging_out_twice_leads_to_the_login_page(db):
    assert Client().post("/logout/")["Location"] == "/login/"


def token_of(response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


@pytest.mark.parametrize("origin", ["", "https://evil.example", "null"])
def test_a_login_from_another_site_is_refused_in_words(candidate, origin):
    client = Client(enforce_csrf_checks=True)
    token = token_of(client.get("/login/")) if origin else ""
    login = {"username": user_of(candidate).username, "password": password_of(candidate), "csrfmiddlewaretoken": token}
    response = client.post("/login/", login, headers={"Origin": origin} if origin else {})
    assert response.status_code == 403
    assert "Load the page again" in response.content.decode()
    assert "sessionid" not in response.cookies


def test_a_form_from_before_a_login_in_another_tab_is_refused_in_words_and_goes_once_it_is_loaded_again(
    candidate, planner
):
    with_password(planner)
    client = Client(enforce_csrf_checks=True)
    old = token_of(client.get("/login/"))
    assert log_in("planner", CHOSEN, client, csrfmiddlewaretoken=old).status_code == 302  # the other tab
    login = user_of(candidate).username, password_of(candidate)
    response = log_in(*login, client, csrfmiddlewaretoken=old)
    assert response.status_code == 403
    assert "Go back, load the page again, and send it once more." in response.content.decode()
    assert client.session["_auth_user_id"] == str(planner.pk)  # whoever is logged in stays
    again = token_of(client.get("/login/"))
    assert log_in(*login, client, csrfmiddlewaretoken=again)["Location"] == "/dashboard/"
    assert client.get("/deliver/tests/").status_code == 403


@pytest.mark.parametrize("page", ["/dashboard/", "/dashboard/archive/", "/login/"])
def test_pages_are_kept_by_no_cache(candidate, client_of, page):
    response = client_of(candidate.user).get(page)
    assert "no-store" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_only_a_post_is_a_login_try(db: None, client: Client, method: str) -> None:
    answer = getattr(client, method)("/login/", {"username": "kari", "password": "wrong"})
    assert answer.status_code == 405
    assert not AuditEvent.objects.exists()

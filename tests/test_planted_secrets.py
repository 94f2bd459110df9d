"""Secrets and names that are planted in the whole product are found nowhere but where they belong (P13, C25, C68).

One story: lists are imported, mended and refused, people log in by every way and are refused, write, are graded, and
leave; things fail in the middle. Then every byte that was logged, audited, sent as an address, kept in a session, in a
file or in the database is searched, and whatever a grader can fetch. What graders see of rooms, kinds and times is in
tests/test_grader_sees_no_person.py.
"""

import io
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.views.debug import ExceptionReporter
from django.views.decorators.debug import sensitive_variables

from candidates.credentials import opening
from candidates.credentials.secrets import show_password
from candidates.intake.accounts.formats import save_format
from candidates.intake.accounts.running import work_on
from candidates.intake.kinds import NUMBERS
from candidates.intake.mending import PreviewAction, mend
from candidates.intake.selecting import keep_selection
from candidates.lifecycle import sitting
from candidates.models import Candidate, Import, ImportChunk, PermanentUser, Session, Submission, Test, User
from candidates.models.accounts import show_username
from candidates.signin import backends
from tests.conftest import Clock
from tests.factories import open_now, password_of
from tests.intake.accounts.files import form
from tests.intake.lists import confirmed
from tests.signin.conftest import _campus, _entra, _setups, campus, entra  # noqa: F401  fixtures
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import come_back, log_in, start
from tests.test_grader_sees_no_person import crawl, found_in

SSO_ID = "canarysso.anna@havnes.example"
PLANTED = {
    "password of a file": ["canary-file-password-9", "canary-weak"],
    "password that was typed wrong": ["canary wrong password"],
    "SSO user ID": [SSO_ID, "canarysso.nobody"],
    "sub of the provider": ["canarysub-of-anna", "canarysub-of-nobody"],
    "name": ["canaryfirst", "canarylast", "canarygiven"],
    "e-mail": ["canarymail@havnes.example"],
    "external ID": ["canaryexternal"],
    "user name": ["canaryuser"],
    "name for the hall": ["canaryhall"],
    "private reference": ["canarycard"],
    "answer": ["canaryanswer"],
    "comment of a grader": ["canarycomment"],
}
# What not even the report of a fault may hold, which names the person whose request failed.
SECRET = {
    *("password of a file", "password that was typed wrong", "password that was made"),
    *("code, token or secret of SSO", "answer"),
}
SEEN_BY_NO_GRADER = set(PLANTED) - {"answer", "comment of a grader"}
# Where each may lie in the database when all is over; nothing else may lie anywhere.
NAMES = {"user.name", "permanentuser.first_name", "permanentuser.last_name", "permanentuser.sort_key"}
REFERENCES = {"candidate.private_reference"}  # planners see who a generated number is
KEPT = {
    "password of a file": set[str](),
    "password that was typed wrong": set[str](),
    "password that was made": set[str](),
    "code, token or secret of SSO": set[str](),
    "SSO user ID": {"candidate.sso_user_id", "ssoidentity.sso_user_id", "ssoidentity.sso_key"},
    "sub of the provider": {"ssoidentity.subject"},
    "name": NAMES | REFERENCES | {"permanentuser.search_key", "candidate.name"},
    "name for the hall": {"candidate.name"},
    "private reference": REFERENCES,
    "e-mail": {"user.email", "permanentuser.search_key"},
    "external ID": {"permanentuser.external_id", "permanentuser.search_key"},
    "user name": {"user.username", "permanentuser.search_key", "auditevent.actor_name", *REFERENCES},
    "answer": {"submission.answer"},
    "comment of a grader": {"mark.comment"},
}


class Leads(HTMLParser):
    """The addresses that a page holds: links, forms, scripts, pictures, htmx."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what the element leads to."""
        names = {"href", "src", "action", "formaction", "hx-get", "hx-post", "poster"}
        self.addresses += [value or "" for name, value in attrs if name in names]


class Watched(Client):
    """A browser whose every answer is looked at: what it leads to, and what lies on the disk after it."""

    addresses: list[str] = []
    folder: Path
    files: list[str] = []

    def request(self, **request: Any) -> Any:
        """Answer, and note addresses and files."""
        answer = super().request(**request)
        if to := answer.headers.get("Location"):
            self.addresses.append(to)
        if answer.headers.get("Content-Disposition"):
            self.addresses.append(answer.headers["Content-Disposition"])
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            self.addresses.extend(Leads(body.decode()).addresses)
        self.files.extend(os.listdir(self.folder))
        return answer


class Everything(logging.Handler):
    """Every log record at every level, as text with its traceback, before anything removes secrets from it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.reports: list[str] = []
        self.setFormatter(logging.Formatter("{name} {message}", style="{"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and what Django would report of an exception."""
        self.lines.append(self.format(record))
        if record.levelno >= logging.ERROR and record.exc_info and record.exc_info[0] is not None:
            report = ExceptionReporter(getattr(record, "request", None), *record.exc_info)
            self.reports.append(report.get_traceback_html())  # with the variables of every frame


@sensitive_variables()
def fail(*args: Any, **kwargs: Any) -> Any:
    """Stand in the place of something that breaks."""
    raise RuntimeError("made to order")


@pytest.fixture
def log() -> Iterator[Everything]:
    """All that is logged where somebody turns the log up to look for a fault.

    What settings.LOGGING holds back by name stays held back: django.template, django.db.backends, urllib3, axes.
    """
    handler = Everything()
    loggers = [logging.getLogger(name) for name in ("", "django", "candidates", "mozilla_django_oidc")]
    apart = [logging.getLogger("django"), logging.getLogger("axes")]  # they do not hand on what they log
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    for logger in (logging.getLogger(), *apart):
        logger.addHandler(handler)
    yield handler
    for logger in (logging.getLogger(), *apart):
        logger.removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that is empty."""
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(Watched, "folder", made, raising=False)
    monkeypatch.setattr(Watched, "addresses", [])
    monkeypatch.setattr(Watched, "files", [])
    return made


def browser_of(user: User) -> Watched:
    client = Watched(raise_request_exception=False)
    client.force_login(user, backend="candidates.signin.backends.PasswordBackend")
    return client


def csv(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("list.csv", text.encode())


class Story:
    """What happens, in parts; `made` are the passwords and logins that the product makes on the way."""

    def __init__(self, exam: Test, planner: User, administrator: User, provider: ScriptedProvider) -> None:
        self.exam, self.by, self.administrated_by, self.provider = exam, planner, administrator, provider
        self.planner, self.administrator = browser_of(planner), browser_of(administrator)
        self.made: list[str] = []
        self.states: list[str] = []

    def at(self, name: str, **parts: str) -> str:
        return reverse(name, kwargs={"test_id": self.exam.public_id, **parts})

    def waiting(self) -> Import:
        return Import.objects.filter(test=self.exam).latest("pk")

    def lists_are_imported(self) -> None:
        """Names come as Candidate IDs, with a wrong cell; they are mended, made numbers of, and confirmed."""
        names = "Candidate ID;Extra time\nCanaryfirst Canarylast;x\nCanarygiven Canarylast;30\n"
        assert self.planner.post(self.at("add-from-file"), {"file": csv(names), "paste": ""}).status_code == 302
        draft = self.waiting()
        preview = self.at("import-preview", draft_id=draft.public_id)
        page = self.planner.get(preview).content.decode()
        assert "Canarygiven" in page
        assert self.planner.post(self.at("download-wrong-rows", draft_id=draft.public_id)).status_code == 200
        mend(draft, (), PreviewAction(leave_out=2))
        mend(self.waiting(), (), PreviewAction(for_all=NUMBERS))
        self.planner.get(preview)
        confirmed(draft, self.by)
        people = f"1001;{SSO_ID};;Vesthall;V101\n1002;canarysso.bjorn@havnes.example;x\n"
        sent = {"file": csv(people), "paste": "", "authentication_type": "campus"}
        assert self.planner.post(self.at("add-from-sso"), sent).status_code == 302
        draft = self.waiting()
        self.planner.get(self.at("import-preview", draft_id=draft.public_id))
        self.planner.post(self.at("download-wrong-rows", draft_id=draft.public_id))
        mend(draft, (), PreviewAction(leave_out=2))
        confirmed(draft, self.by)
        self.planner.post(self.at("add-from-file"), {"paste": "Canarygiven Again\n"})  # nobody goes on with it
        row = {"id": "3001", "extra": "", "name": "Canaryhall, Anna", "reference": "canarycard-1", "seat": "9"}
        assert self.planner.post(self.at("add-one-time"), row | {"seat": "canary" * 9}).status_code == 422
        assert self.planner.post(self.at("add-one-time"), row).status_code == 302
        self.planner.get(self.at("imports"))

    def people_are_imported(self) -> None:
        """A file with passwords, one of them too weak; the worker stores the rest; two come onto the test."""
        rows = (
            "First name,Last name,Username,Password,E-mail,External ID\n"
            "Canaryfirst,Canarylast,canaryuser1,canary-file-password-9,canarymail@havnes.example,canaryexternal\n"
            "Canarygiven,Canarylast,canaryuser2,,,\n"
            "Canarygiven,Weak,canaryuser3,canary-weak,,\n"
        )
        columns = form("first_name", "last_name", "username", "password", "email", "external_id")
        self.columns = save_format(columns, by=self.administrated_by).public_id
        taken = self.administrator.post("/permanent-users/import/", {"file": csv(rows), "format": self.columns})
        assert taken.status_code == 302
        waiting = Import.objects.of_users().get()
        page = f"/permanent-users/import/{waiting.public_id}/"
        assert b"canary-weak" not in self.administrator.get(page).content
        self.administrator.post(f"{page}wrong-rows/")
        self.administrator.post(f"{page}mend/", {"leave_out": "4"})
        seen = self.administrator.get(page).context["seen"]
        assert self.administrator.post(f"{page}start/", {"seen": seen}).status_code == 302
        while work_on(waiting.public_id):
            pass
        self.administrator.get(f"{page}progress/")
        assert PermanentUser.objects.count() == 2, Import.objects.of_users().get().report
        self.administrator.get("/permanent-users/?q=canaryfirst")
        found = self.planner.post(self.at("add-permanent"), {"q": "canaryfirst"}, follow=True)
        assert "1 person: ‘canaryfirst’" in found.content.decode()
        draft = keep_selection(
            test=self.exam, by=self.by, keys=list(PermanentUser.objects.values_list("pk", flat=True))
        )
        mend(draft, (), PreviewAction(for_all=NUMBERS))
        self.planner.get(self.at("import-preview", draft_id=draft.public_id))
        confirmed(draft, self.by)

    def details_are_shown(self) -> None:
        """Activated, and shown in every way; one is revealed and given a new password."""
        assert self.planner.post(self.at("activate-test")).status_code == 302
        self.exam = open_now(Test.objects.get(pk=self.exam.pk))
        one_time = Candidate.objects.filter(test=self.exam, kind="one_time").first()
        assert one_time is not None
        self.notes_what_was_made()
        for name in ("list", "print", "print-six", "csv", "pdf", "pdf-six"):
            assert self.planner.post(self.at(f"login-details-{name}"), {"whose": "all"}).status_code == 200, name
        assert self.planner.post(self.at("reveal-login", candidate=one_time.public_id)).status_code == 200
        assert self.planner.post(self.at("renew-password", candidate=one_time.public_id)).status_code in {200, 302}
        sso = Candidate.objects.get(test=self.exam, kind="sso")
        given = self.planner.post(self.at("candidates-one-time-login-give"), {"ids": sso.public_id})
        assert given.status_code == 302
        self.planner.get(given["Location"])
        self.notes_what_was_made()
        for kind in ("cover", "attendance", "door", "slips", "void", "keys"):
            assert self.planner.post(self.at("hall-papers-pdf"), {"one_paper": kind}).status_code in (200, 409), kind
        for name in ("key-list", "key-list-csv"):
            assert self.planner.post(self.at(name), {"whose": "all"}).status_code == 200, name

    def notes_what_was_made(self) -> None:
        """Remember the passwords that were made until now, as they are stored and as they are printed."""
        for one in Candidate.objects.filter(test=self.exam).select_related("user", "one_time_login"):
            account = one.one_time_login or one.user
            if account is not None and account.has_made_password:
                self.made += [password_of(one), show_password(password_of(one))]

    def people_log_in(self) -> None:
        """Everybody comes in right, and wrong before that."""
        for one in Candidate.objects.filter(test=self.exam, kind="one_time").select_related("user"):
            assert one.user is not None
            typed = show_username(one.user.username)
            browser = Watched()
            assert self.logs_in(browser, typed, "canary wrong password").status_code == 422
            assert self.logs_in(browser, typed, show_password(password_of(one))).status_code == 302
            self.writes(browser, one)
        browser = Watched()
        assert self.logs_in(browser, "canaryuser1", "canary wrong password").status_code == 422
        assert self.logs_in(browser, "canary wrong password", "canaryuser1").status_code == 422  # in the wrong field
        assert self.logs_in(browser, "canaryuser1", "canary-file-password-9").status_code == 302
        browser.post("/logout/")
        for _time in range(12):
            self.logs_in(Watched(), "canaryuser2", "canary wrong password")
        anna = {"sub": "canarysub-of-anna", "eduPersonPrincipalName": SSO_ID, "name": "Canaryfirst Canarylast"}
        browser = Watched(raise_request_exception=False)
        assert log_in(browser, self.provider, userinfo=anna, **anna).status_code == 302
        browser.get("/dashboard/")
        nobody = {"sub": "canarysub-of-nobody", "eduPersonPrincipalName": "canarysso.nobody@havnes.example"}
        assert log_in(browser, self.provider, userinfo=nobody, **nobody).status_code == 403
        other = {**anna, "sub": "canarysub-of-nobody"}
        assert log_in(Watched(), self.provider, userinfo=other, **other).status_code == 403
        visit = start(browser, "campus")
        query = {"code": self.provider.authorise(visit.request, userinfo=anna, **anna), "state": visit.state}
        assert come_back(browser, "campus", query).status_code == 302
        assert come_back(browser, "campus", query).status_code == 400  # once more
        self.states += [visit.state, visit.nonce]
        browser.post("/logout/")

    @staticmethod
    def logs_in(browser: Watched, username: str, password: str) -> Any:
        return browser.post("/login/", {"username": username, "password": password})

    def writes(self, browser: Watched, one: Candidate) -> None:
        """Write and hand in, with a conflict on the way."""
        address = f"/test/{self.exam.public_id}/"
        assert browser.post(f"{address}start/").status_code == 302
        sent = {"answer": "canaryanswer", "base": "0", "candidate": one.public_id}
        as_script = {"Accept": "application/json"}
        assert browser.post(f"{address}answer/", sent, headers=as_script).status_code == 200
        conflict = browser.post(f"{address}answer/", {**sent, "answer": "canaryanswer two"}, headers=as_script)
        assert conflict.status_code == 409
        browser.post(f"{address}answer/", {**sent, "answer": "canaryanswer three"})
        browser.post(f"{address}submit/", {**sent, "base": "1"})
        saved = Submission.objects.get(candidate=one)
        browser.post(f"{address}submit/", {"base": str(saved.revision), "candidate": one.public_id})
        assert Submission.objects.filter(answer="canaryanswer", candidate__submitted_at__isnull=False).exists()
        browser.get("/dashboard/archive/")

    def things_fail(self, monkeypatch: pytest.MonkeyPatch, log: Everything) -> None:
        """Views fail in the middle of what is secret; a form comes from elsewhere."""
        one = Candidate.objects.filter(test=self.exam, kind="one_time").select_related("user").first()
        assert one is not None
        assert one.user is not None
        before = len([line for line in log.lines if "made to order" in line])
        with monkeypatch.context() as broken:
            broken.setattr(backends, "matches", fail)
            broken.setattr(backends, "check_password", fail)
            browser = Watched(raise_request_exception=False)
            assert self.logs_in(browser, one.user.username, password_of(one)).status_code == 500
            assert self.logs_in(browser, "canaryuser1", "canary-file-password-9").status_code == 500
        with monkeypatch.context() as broken:
            broken.setattr(opening, "Slip", fail, raising=False)
            broken.setattr("candidates.pages.login_details.views.render", fail, raising=False)
            answer = self.planner.post(self.at("login-details-list"), {"whose": "all"})
            assert answer.status_code == 500, answer.status_code
        with monkeypatch.context() as broken:
            broken.setattr(sitting, "note_seen", fail)
            browser = Watched(raise_request_exception=False)
            self.logs_in(browser, "canaryuser1", "canary-file-password-9")
            place = Candidate.objects.get(test=self.exam, user__username="canaryuser1")
            browser.post(f"/test/{self.exam.public_id}/start/")
            sent = {"answer": "canaryanswer", "base": "0", "candidate": place.public_id}
            assert browser.post(f"/test/{self.exam.public_id}/answer/", sent).status_code == 500
        with monkeypatch.context() as broken:
            broken.setattr("candidates.pages.imports.uploading.keep_upload", fail)
            rows = "Canaryfirst,Canarylast,canaryuser9,canary-file-password-9,,\n"
            sent = {"paste": rows, "format": self.columns}
            assert self.administrator.post("/permanent-users/import/", sent).status_code == 500
        assert len([line for line in log.lines if "made to order" in line]) >= before + 5
        strict = Watched(enforce_csrf_checks=True)
        assert self.logs_in(strict, one.user.username, password_of(one)).status_code == 403
        Watched().get(f"/nowhere/{one.public_id}/")

    def they_are_graded(self, grader: User) -> None:
        """A grader reads, marks and downloads, and sees nobody in any byte of any answer."""
        browser = browser_of(grader)
        answers = crawl(browser, ["/", "/grade/", self.at("grade-test")])
        assert any(method == "POST" and address.endswith("/csv/") for method, address in answers)
        people = [word for what in SEEN_BY_NO_GRADER for word in PLANTED[what]]
        assert found_in(answers, [*people, *self.made]) == []
        one = Candidate.objects.filter(test=self.exam, kind="one_time").first()
        assert one is not None
        page = self.at("grade-submission", candidate=one.public_id)
        assert b"canaryanswer" in browser.get(page).content
        seen = browser.get(page).context["form"]["seen"].value()
        marked = browser.post(page, {"mark": "5", "comment": "canarycomment", "seen": seen or ""})
        assert marked.status_code == 302
        assert browser.post(self.at("grade-csv")).status_code == 200
        assert browser.post(self.at("grade-xlsx")).status_code == 200

    def it_is_over(self, clock: Clock) -> None:
        """Everything is downloaded once more; people leave, and what is due goes."""
        for name, parts in (("candidates-download", {"kind": "csv"}), ("monitor-csv", {})):
            assert self.planner.post(self.at(name, **parts)).status_code == 200, name
        self.planner.get(self.at("monitor-test"))
        self.planner.get(f"{self.at('candidates')}?q=canarylast")
        self.administrator.get("/back-office/candidates/auditevent/")
        self.administrator.get("/back-office/candidates/permanentuser/?q=canaryfirst")
        self.administrator.post("/back-office/candidates/permanentuser/export/", {"format": "0", "resource": "0"})
        person = PermanentUser.objects.get(user__username="canaryuser2")
        for act in ("rename/", "deactivate/", "new-password/"):
            self.administrator.get(f"/permanent-users/{person.public_id}/{act}")
        self.administrator.post(f"/permanent-users/{person.public_id}/deactivate/")
        clock.move(days=9)
        assert browser_of(self.by).post(self.at("results-download", kind="csv")).status_code == 200
        for command in ("purge_login_details", "expire_drafts", "rotate_credential_keys", "clearsessions"):
            said = io.StringIO()
            call_command(command, stdout=said)
            logging.getLogger("candidates").info("%s: %s", command, said.getvalue())


@pytest.mark.slow
def test_what_is_planted_is_found_where_it_belongs_and_nowhere_else(
    exam: Test,
    planner: User,
    administrator: User,
    grader: User,
    campus: ScriptedProvider,  # noqa: F811
    folder: Path,
    log: Everything,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = Story(exam, planner, administrator, campus)
    story.lists_are_imported()
    story.people_are_imported()
    story.details_are_shown()
    story.people_log_in()
    story.things_fail(monkeypatch, log)
    story.they_are_graded(grader)
    sessions = sessions_now()
    story.it_is_over(clock)
    canaries = {
        **PLANTED,
        "password that was made": story.made,
        "code, token or secret of SSO": [*campus.issued, *story.states, campus.client_secret],
    }
    assert len(set(story.made)) >= 8
    # the search finds what is there to be found
    assert found({"answer": ["canaryanswer"]}, {"a line": ["x CANARYANSWER y"]}) == {("answer", "a line")}
    assert "made to order" in " ".join(log.lines)
    assert any("login-details" in address for address in Watched.addresses)

    secret = {what: words for what, words in canaries.items() if what in SECRET}
    assert {what for what, _where in found(canaries, {"log": log.lines})} == set()
    assert {what for what, _where in found(secret, {"report": log.reports})} == set()
    assert {what for what, _where in found(canaries, {"temporary files": Watched.files})} == set()
    assert Watched.files == os.listdir(folder) == []
    assert found(canaries, {"address": as_the_product_makes_them(Watched.addresses, campus)}) == set()
    assert found(canaries, {"session": sessions}) <= {("name", "session")}
    assert not ImportChunk.objects.exists()
    assert {bytes(one.source) for one in Import.objects.all()} == {b""}
    lying = found(canaries, stored())
    assert lying == {(what, where) for what, places in KEPT.items() for where in places}


def sessions_now() -> list[str]:
    """Return what lies in sessions, messages for the next page among it."""
    return [json.dumps(session.get_decoded(), default=str) for session in Session.objects.all()]


def stored() -> dict[str, list[str]]:
    """Return all that lies in the database, by table and column; sessions are looked at by themselves."""
    everything: dict[str, list[str]] = {}
    for model in apps.get_models():
        if model is Session:
            continue
        for row in model._default_manager.values():
            for column, value in row.items():
                text = bytes(value).decode(errors="replace") if isinstance(value, (bytes, memoryview)) else value
                everything.setdefault(f"{model._meta.model_name}.{column}", []).append(str(text))
    return everything


def found(canaries: dict[str, list[str]], places: dict[str, list[str]]) -> set[tuple[str, str]]:
    """Return which kind of secret was found where."""
    return {
        (what, where)
        for where, texts in places.items()
        for text in texts
        for what, words in canaries.items()
        for word in words
        if word.casefold() in text.casefold()
    }


def as_the_product_makes_them(addresses: list[str], provider: ScriptedProvider) -> list[str]:
    """Return the addresses without what a person typed into a search, and without those that begin a login through SSO.

    A search is a link that can be kept and sent on; the way to the provider carries the state, as it has to.
    """
    ours = [address for address in addresses if not address.startswith(f"{provider.issuer}/authorize")]
    return [re.sub(r"q(=|%3D)[^&]*", "", address) for address in ours]

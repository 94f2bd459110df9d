"""axe finds nothing (WCAG 2.2 AA) and nothing scrolls sideways: every page, wide and narrow, 0, 1 and 1500 rows."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import Candidate, CandidateImport, ImportDraft, Test, User
from tests.browser.conftest import DESK, PHONE
from tests.factories import Role, activated, add, add_many, contribute, make_test, open_now
from tests.intake.lists import confirmed, waiting
from tests.test_access_table import PARAMETERS, TABLE

pytestmark = pytest.mark.django_db(transaction=True)

# Addresses without a page of their own: they only act, answer a file, a part of a page, or a sign of life.
NO_PAGE = {
    "home",
    "logout",
    "candidates-download",
    "candidates-extra-time-save",
    "candidates-location-save",
    "candidates-remove-confirmed",
    "arrange-one-time",
    "arrange-generated",
    "confirm-import",
    "cancel-import",
    "mend-import",
    "read-import-again",
    "download-wrong-rows",
    "upload-mended-rows",
    "undo-import-confirmed",
    "one-time-template",
    "sso-template",
    "login-details-csv",
    "login-details-pdf",
    "login-details-pdf-six",
    "monitor-columns",
    "monitor-live",
    "monitor-csv",
    "monitor-incident-save",
    "grade-csv",
    "dashboard-seen",
    "sit-start",
    "sit-answer",
    "sit-seen",
}


class Looker:
    """Opens pages of one person, and lets axe look at each, wide and narrow."""

    def __init__(self, page: Page, axe: Callable[[Page], None]) -> None:
        self.page = page
        self.axe = axe

    def look(self, name: str) -> None:
        """Look at the page that is open."""
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self.axe(self.page)
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} scrolls sideways at {size['width']} px by {wide} px"
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def open(self, name: str, **objects: object) -> None:
        """Open an address and look."""
        kwargs = {key: objects[key] for key in PARAMETERS[name]}
        self.page.goto(reverse(name, kwargs=kwargs))
        self.look(name)

    def post(self, name: str, data: Mapping[str, object], **objects: object) -> None:
        """Post a form to an address, as a page of the product would, and look at the answer."""
        address = reverse(name, kwargs={key: objects[key] for key in PARAMETERS[name]})
        self.page.evaluate(
            """([address, data]) => {
                const form = document.createElement("form");
                form.method = "post";
                form.action = address;
                const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
                for (const [name, value] of Object.entries({csrfmiddlewaretoken: token, ...data})) {
                    const field = document.createElement("input");
                    field.type = "hidden";
                    field.name = name;
                    field.value = value;
                    form.append(field);
                }
                document.body.append(form);
                form.submit();
            }""",
            [address, dict(data)],
        )
        self.page.wait_for_url(f"**{address}")
        self.page.wait_for_load_state()
        self.look(name)


@pytest.fixture
def looker(page_of: Callable[..., Page], axe: Callable[[Page], None], forgiven: list[str]) -> Callable[..., Looker]:
    forgiven += ["status of 422", "status of 404", "status of 403", "status of 409"]
    return lambda user: Looker(page_of(user), axe)


@pytest.fixture
def everybody(db: None) -> User:
    return User.objects.create_user(
        "all", None, name="Ingrid Solheim", is_planner=True, is_invigilator=True, is_grader=True
    )


def an_exam(everybody: User, **fields: object) -> Test:
    test = make_test(planner=everybody, **fields)  # type: ignore[arg-type]
    contribute(test, everybody, Role.INVIGILATOR)
    contribute(test, everybody, Role.GRADER)
    return test


def test_pages_without_rows(looker: Callable[..., Looker], everybody: User) -> None:
    page = looker(everybody)
    for name in ("deliver-tests", "monitor", "grade", "new-test"):
        page.open(name)
    test = an_exam(everybody)
    objects = {"test_id": test.public_id}
    for name in ("deliver-test", "candidates", "add-one-time", "add-generated", "add-from-file", "login-details"):
        page.open(name, **objects)
    for name in ("add-from-sso", "imports"):
        page.open(name, **objects)
    for name in ("monitor-test", "grade-test"):
        page.open(name, **objects)


def test_pages_of_a_test_with_one_candidate_before_activation(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    [candidate] = add(test, everybody, "0001", extra=30, location=("Vesthall", "V101"))
    objects = {
        "test_id": test.public_id,
        "candidate": candidate.public_id,
        "contributor": test.contributors.latest("pk").public_id,
    }
    page = looker(everybody)
    for name in (
        "deliver-tests",
        "deliver-test",
        "edit-test",
        "activate-test",
        "new-contributor",
        "remove-contributor",
    ):
        page.open(name, **objects)
    page.open("candidates", **objects)
    page.page.locator("tbody input[type=checkbox]").check()
    page.look("candidates")
    chosen = {"ids": candidate.public_id}
    for name in ("candidates-extra-time", "candidates-location", "candidates-remove"):
        page.post(name, chosen, **objects)
    page.post("candidates-extra-time-check", {**chosen, "how": "add", "amount": "25 %"}, **objects)
    page.open("candidate", **objects)


def test_forms_with_errors(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    add(test, everybody, "1017")
    objects = {"test_id": test.public_id}
    page = looker(everybody)
    page.open("new-test")
    page.page.get_by_role("button", name="Save").click()
    page.look("new-test")
    page.open("add-one-time", **objects)
    page.page.get_by_label("Candidate ID, row 1").fill("1017")
    page.page.get_by_label("Extra time in minutes, row 1").fill("soon")
    page.page.get_by_role("button", name="Save").click()
    page.look("add-one-time")
    page.open("add-from-file", **objects)
    page.page.get_by_role("button", name="Continue").click()
    page.look("add-from-file")
    page.page.get_by_label("Paste rows").fill("1017\t\nKari Ødegård\t30 min\n0002\t25 %\n")
    page.page.get_by_role("button", name="Continue").click()
    page.look("import-preview")
    assert ImportDraft.objects.exists()


WITH_EVERYTHING = (
    "Exam in the hall\n\nCandidate ID;SSO user ID;Extra time;Building;Room\n1017;anna@uni.example;30;;\n"
    "2;berit@uni.example;30 min;vesthall;V101\n0003;cato@uni.example;25 %;vesthall;V101\nÅse;dag@uni.example;;;\n"
    "0004;;;;\nkari@uni.example;kari@uni.example;;;R102\n0005;eva moe@uni.example;;;;x\n\u00a00006;f@u.no;;;\n"
)


def test_pages_of_imports(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    waiting(test, everybody, "1017;anna@uni.example;15;Vesthall;V101\n", kind="sso")
    confirmed(ImportDraft.objects.get(), everybody)
    objects = {"test_id": test.public_id}
    draft = waiting(test, everybody, WITH_EVERYTHING.encode("cp1252"), kind="sso")
    page = looker(everybody)
    page.open("import-preview", **objects, draft_id=draft.public_id)
    for summary in page.page.locator("main summary").all():
        summary.click()
    page.look("import-preview")
    page.page.get_by_label("Update their extra time and location").check()
    page.page.get_by_role("button", name="Leave out Row 8").click()
    page.look("import-preview")
    page.page.get_by_role("button", name="Add 6 and update 1 candidates").press("Enter")
    page.look("import-preview")
    draft.delete()
    page.page.reload()
    page.look("import-preview")
    page.open("imports", **objects)
    page.page.get_by_role("link", name="Undo").click()
    page.look("undo-import")
    page.page.get_by_role("button", name="Remove 1 candidate").click()
    page.look("imports")
    page.open("undo-import", **objects, import_id=CandidateImport.objects.get().public_id)


def test_pages_of_an_activated_test(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    candidates = add(test, everybody, "0001", "0002", location=("Vesthall", "V101"))
    activated(test, everybody)
    objects = {"test_id": test.public_id, "candidate": candidates[0].public_id}
    page = looker(everybody)
    for name in ("deliver-test", "deactivate-test", "move-end", "edit-test", "login-details", "candidate"):
        page.open(name, **objects)
    page.open("move-end", **objects)
    page.page.get_by_label("Date").fill("2099-12-07")
    page.page.get_by_role("button", name="Continue").click()
    page.look("move-end-save")
    page.open("renew-password", **objects)
    page.open("reveal-login", **objects)
    page.page.locator("main form button[type=submit]").first.click()
    page.look("reveal-login")
    open_now(test)
    page.open("login-details", **objects)
    for name in ("login-details-list", "login-details-print", "login-details-print-six"):
        page.open("login-details", **objects)
        page.post(name, {"whose": "all"}, **objects)
    page.open("login-details", **objects)
    page.post("login-details-ticked", {"ids": candidates[0].public_id}, **objects)
    page.open("monitor", **objects)
    page.open("monitor-test", **objects)
    page.page.locator("details.sheet summary").click()
    page.look("monitor-test")
    page.open("monitor-candidate", **objects)
    page.open("monitor-test", **objects)
    page.post("monitor-incident", {"ids": candidates[0].public_id}, **objects)
    asked = {"ids": candidates[0].public_id, "how": "add", "minutes": "10", "reason": "Power cut"}
    page.post("monitor-incident-check", asked, **objects)


def test_pages_of_graders(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    first, _second = add(test, everybody, "0001", "0002")
    open_now(activated(test, everybody))
    hand_in(first, "Galactose cannot enter glycolysis directly.")
    page = looker(everybody)
    page.open("grade")
    page.open("grade-test", test_id=test.public_id)
    page.open("grade-submission", test_id=test.public_id, candidate=first.public_id)
    page.page.get_by_label("Mark").fill("a lot")
    page.page.locator("main form button[type=submit]").first.click()
    page.look("grade-submission")


def hand_in(candidate: Candidate, answer: str) -> None:
    candidate = Candidate.objects.select_related("test").get(pk=candidate.pk)
    start(candidate=candidate)
    save_answer(candidate=candidate, answer=answer, base_revision=0)
    submit(candidate=Candidate.objects.select_related("test").get(pk=candidate.pk), answer=None, base_revision=1)


def test_pages_of_candidates(looker: Callable[..., Looker], everybody: User) -> None:
    demo = Test.objects.create(name="Writing an answer", is_demo=True, questions="Describe the room.")
    activated(demo, everybody)
    test = an_exam(everybody, questions="Explain.\n\n1. Why?\n2. How?", duration_minutes=120)
    [candidate] = add(test, everybody, "0001", extra=30)
    activated(test, everybody)
    candidate.refresh_from_db()
    objects = {"test_id": test.public_id}
    page = looker(candidate.user)
    for name in ("dashboard", "archive", "sit"):
        page.open(name, **objects)
    page.open("sit", test_id=demo.public_id)
    open_now(test)
    page.open("dashboard")
    page.open("sit", **objects)
    page.page.get_by_role("button", name="Start test").click()
    page.page.get_by_label("Your answer").fill("Galactose cannot enter glycolysis directly.")
    page.look("sit")
    page.page.get_by_role("button", name="Submit").click()
    page.page.get_by_role("heading", name="Submit your answer?").wait_for()
    page.look("sit-submit")
    page.page.get_by_role("button", name="Submit").click()
    page.page.get_by_role("link", name="Archive").first.wait_for()
    for name in ("sit", "dashboard", "archive"):
        page.open(name, **objects)


def test_pages_for_everybody(looker: Callable[..., Looker], everybody: User) -> None:
    page = looker(None)
    for name in ("login", "help", "accessibility"):
        page.open(name)
    page.open("login")
    page.page.get_by_label("Username").fill("6czep34v")
    page.page.get_by_label("Password").fill("wrong")
    page.page.get_by_role("button", name="Log in").click()
    page.look("login")
    page = looker(everybody)
    for address in ("/deliver/tests/nothing/", "/dashboard/"):
        page.page.goto(address)
        page.look("errors")


@pytest.fixture
def crowded(everybody: User) -> Test:
    """An open exam with 1500 candidates in four rooms, some of whom have handed in."""
    test = an_exam(everybody)
    add_many(test, everybody, 1500)
    open_now(activated(test, everybody))
    now = timezone.now()
    some = Candidate.objects.filter(test=test, candidate_id__lte="0100")
    some.update(started_at=now - timedelta(minutes=9), last_seen_at=now, logged_in_at=now - timedelta(minutes=9))
    return test


@pytest.mark.slow
@pytest.mark.parametrize("name", ["candidates", "monitor-test", "grade-test", "login-details-list", "deliver-test"])
def test_pages_with_1500_rows(looker: Callable[..., Looker], crowded: Test, everybody: User, name: str) -> None:
    page = looker(everybody)
    if name == "login-details-list":
        page.open("login-details", test_id=crowded.public_id)
        page.post(name, {"whose": "all"}, test_id=crowded.public_id)
    else:
        page.open(name, test_id=crowded.public_id)


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["", "30 min"])
def test_the_preview_of_1500_rows(looker: Callable[..., Looker], everybody: User, cell: str) -> None:
    test = an_exam(everybody)
    text = "".join(f"{n:04};p{n}@uni.example;{cell};Vesthall;V{n % 9}\n" for n in range(1, 1501))
    draft = waiting(test, everybody, text, kind="sso")
    page = looker(everybody)
    page.page.goto(reverse("import-preview", args=[test.public_id, draft.public_id]) + "?all=1")
    page.look("import-preview")


@pytest.mark.slow
def test_1500_generated_rows(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    page = looker(everybody)
    page.page.goto(reverse("add-generated", kwargs={"test_id": test.public_id}))
    page.page.get_by_label("Number of candidates").fill("1500")
    page.page.get_by_role("button", name="Generate candidates").click()
    page.page.get_by_label("Candidate ID, row 1500", exact=True).wait_for()
    page.look("add-generated")


def test_every_page_of_the_access_table_is_looked_at() -> None:
    source = Path(__file__).read_text()
    assert {name for name in set(TABLE) - NO_PAGE if f'"{name}"' not in source} == set()

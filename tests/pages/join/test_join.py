"""The candidate's way onto a test by its code: typed, asked, joined, or told why not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.intake.joining import approve, join
from candidates.intake.preparing import prepare
from candidates.lifecycle.joining import refuse, replace_code
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Candidate, Joining, JoinRequest, PreparedPerson, Test, User
from tests.conftest import Clock, offering_sso
from tests.factories import activated, add, make_permanent, make_test, password_of
from tests.support.joining import code_of, open_to_joiners, sso_person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
SAY_NOTHING = "No test can be joined with this code now."


def looked_up(client: Client, code: str) -> str:
    return client.post(reverse("join-look-up"), {"code": code}).text


def test_a_link_with_the_code_only_fills_the_field(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    client = client_of(sso_person("kari"))
    for typed in (code, "wrong", '"><script>', "x" * 5000):
        page = client.get(reverse("join-with-code", args=[typed]))
        assert page.status_code == 200
        assert exam.name not in page.text
        assert "<script>" not in page.text.replace("<script src", "")
    assert f'value="{code}"' in client.get(f"/join/{code}/").text
    assert client.get(f"/join/{code}").status_code in (301, 302)
    assert not JoinRequest.objects.exists()
    for name in ("join-look-up", "join-now"):
        assert client.get(reverse(name)).status_code == 405


@pytest.mark.parametrize("typed", ["{0}", "{1}", "{2}"])
def test_somebody_sees_which_test_it_is_joins_and_finds_it_on_the_dashboard(
    client_of: ClientOf, exam: Test, planner: User, typed: str
) -> None:
    code = open_to_joiners(exam, planner)
    shown = f"{code[:3]}-{code[3:6]} {code[6:9]} {code[9:]}"
    typed = typed.format(code, shown, shown.lower().replace("-", ""))
    client = client_of(sso_person("kari"))
    assert "Do you have a test code?" in client.get("/dashboard/").text
    page = looked_up(client, typed)
    assert exam.name in page
    assert "Oslo time" in page
    assert "kari@uni.example" in page
    assert not Candidate.objects.exists()
    done = client.post(reverse("join-now"), {"code": typed}, follow=True)
    assert done.redirect_chain[-1][0] == "/dashboard/"
    assert f"You are on {exam.name}." in done.text
    assert "Your Candidate ID is 0001." in done.text
    # twice is once, and leads to the same place
    assert "Your Candidate ID is 0001." in client.post(reverse("join-look-up"), {"code": typed}, follow=True).text
    assert Candidate.objects.count() == 1


def test_what_is_prepared_is_told_before_and_there_after(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    prepare(
        test=exam,
        slug="campus",
        values={"sso_user_id": "kari@uni.example", "extra_time": "30", "candidate_id": "K7", "room": "V101"},
        by=planner,
    )
    client = client_of(sso_person("kari"))
    assert "with 30 minutes extra time" in looked_up(client, code)
    assert "Your Candidate ID is K7." in client.post(reverse("join-now"), {"code": code}, follow=True).text
    kari = Candidate.objects.get()
    assert (kari.extra_minutes, str(kari.location), PreparedPerson.objects.get().joined_as) == (30, "V101", kari)


def test_who_must_be_approved_waits_sees_it_and_comes_in(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, approves_each=True)
    client = client_of(sso_person("kari"))
    assert "You wait here until then." in looked_up(client, code)
    waiting = client.post(reverse("join-now"), {"code": code}, follow=True)
    assert "You wait to be let in" in waiting.text
    request = JoinRequest.objects.get()
    here = reverse("join-waiting", args=[request.public_id])
    assert waiting.redirect_chain[-1][0] == here
    seen = reverse("join-seen", args=[request.public_id])
    before = client.post(seen).json()["state"]
    assert f'data-state="{before}"' in waiting.text
    assert exam.name in client.get("/dashboard/").text
    assert client_of(sso_person("other")).get(here).status_code == 404
    approve(test=exam, public_ids=None, by=planner)
    assert client.post(seen).json()["state"] != before
    assert "Your Candidate ID is 0001." in client.get(here, follow=True).text


def test_who_is_refused_reads_the_sentence_and_may_ask_again(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, approves_each=True)
    kari = sso_person("kari")
    client = client_of(kari)
    mine = join(code=code, by=kari)
    refuse(test=exam, public_ids=[mine.public_id], sentence="You sit LIN1300 today.", by=planner)
    page = client.get(reverse("join-waiting", args=[mine.public_id])).text
    assert "You were not let in" in page
    assert "You sit LIN1300 today." in page
    assert exam.name in looked_up(client, code)
    assert "You wait to be let in" in client.post(reverse("join-now"), {"code": code}, follow=True).text


def test_who_waits_when_the_test_is_over_is_told_so(
    client_of: ClientOf, exam: Test, planner: User, clock: Clock
) -> None:
    code, kari = open_to_joiners(exam, planner, approves_each=True), sso_person("kari")
    client, mine = client_of(kari), join(code=code, by=kari)
    here, seen = (reverse(name, args=[mine.public_id]) for name in ("join-waiting", "join-seen"))
    open_page = client.post(seen).json()["state"]
    clock.move(days=10)
    client = client_of(kari)
    assert client.post(seen).json()["state"] != open_page
    page = client.get(here).text
    assert f"You did not come on {exam.name}." in page
    assert "data-seen" not in page
    assert exam.name not in client.get("/dashboard/").text


def test_who_finds_the_test_full_waits_in_order(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, max_joiners=1)
    join(code=code, by=sso_person("first"))
    join(code=code, by=sso_person("second"))
    client = client_of(sso_person("third"))
    assert "The test is full now." in looked_up(client, code)
    assert "You are number 2 on the waiting list." in client.post(reverse("join-now"), {"code": code}, follow=True).text
    first = Candidate.objects.get()
    remove_candidates(test=exam, public_ids=[first.public_id], by=planner)
    mine = JoinRequest.objects.get(user__username="sso-third")
    assert "You are next on the waiting list." in client.get(reverse("join-waiting", args=[mine.public_id])).text
    left = client.post(reverse("join-leave", args=[mine.public_id]), follow=True)
    assert "You do not wait for" in left.text
    assert not JoinRequest.objects.filter(pk=mine.pk).exists()
    gone = client_of(User.objects.get(username="sso-first"))
    assert "You were taken off this test." in looked_up(gone, code)


def test_wrong_early_late_and_replaced_codes_answer_alike(
    client_of: ClientOf, exam: Test, planner: User, clock: Clock
) -> None:
    code = open_to_joiners(exam, planner)
    client = client_of(sso_person("kari"))
    answers = {}
    answers["unknown"] = looked_up(client, "DLV000000000")
    answers["no code"] = looked_up(client, "hello")
    Joining.objects.update(works_from=timezone.now() + timedelta(hours=1))
    answers["early"] = looked_up(client, code)
    Joining.objects.update(
        works_from=timezone.now() - timedelta(hours=2), works_until=timezone.now() - timedelta(hours=1)
    )
    answers["late"] = looked_up(client, code)
    Joining.objects.update(works_until=timezone.now() + timedelta(hours=1))
    replace_code(test=exam, by=planner)
    answers["replaced"] = looked_up(client, code)
    sentences = {name: SAY_NOTHING in text and exam.name not in text for name, text in answers.items()}
    assert all(sentences.values()), sentences
    assert exam.name in looked_up(client, code_of(exam))


def test_who_may_not_join_learns_no_name_of_a_test(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, allowed=("kari@uni.example",), permanent="none")
    for person in (sso_person("ola"), make_permanent("Per", "Dahl", username="per").user):
        page = looked_up(client_of(person), code)
        assert "You are not among those who may join this test." in page
        assert exam.name not in page
    assert exam.name in looked_up(client_of(sso_person("kari")), code)


def test_slips_and_staff_are_told_that_codes_are_not_for_them(client_of: ClientOf, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    other = make_test(planner=planner, name="CHE1100")
    (slip,) = add(other, planner, "0001")
    activated(other, planner)
    slip.refresh_from_db()
    for user, words in ((slip.user, "a slip opens that test alone"), (planner, "who works on tests")):
        client = client_of(user)
        for answer in (
            client.get(f"/join/{code}/"),
            client.post(reverse("join-look-up"), {"code": code}),
            client.post(reverse("join-now"), {"code": code}),
        ):
            assert (answer.status_code, words in answer.text) == (403, True)
    assert "Do you have a test code?" not in client_of(slip.user).get("/dashboard/").text
    assert not JoinRequest.objects.exists()


def test_a_visitor_logs_in_first_and_comes_back_to_the_code(client: Client, exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    person = make_permanent("Kari", "Aas", username="kari.aas").user
    person.set_password("a long winter evening")
    person.save()
    login = client.get(f"/join/{code}/")
    assert login.headers["Location"] == f"/login/?next=/join/{code}/"
    with offering_sso():
        assert f"?next=%2Fjoin%2F{code}%2F" in client.get(login.headers["Location"]).text
    sent = {"username": "kari.aas", "password": "a long winter evening", "next": f"/join/{code}/"}
    back = client.post("/login/", sent)
    assert back.headers["Location"] == f"/join/{code}/"
    assert f'value="{code}"' in client.get(back.headers["Location"]).text


def test_a_slip_that_logs_in_for_a_code_is_told_so(client: Client, exam: Test, planner: User) -> None:
    other = make_test(planner=planner, name="CHE1100")
    (slip,) = add(other, planner, "0001")
    activated(other, planner)
    slip.refresh_from_db()
    assert slip.user is not None
    sent = {"username": slip.user.username, "password": password_of(slip), "next": "/join/DLV123456789/"}
    assert "a slip opens that test alone" in client.post("/login/", sent, follow=True).text

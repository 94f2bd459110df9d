"""The pages of the morning when SSO is down: choose, check, give, print, take back."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates.credentials.secrets import show_password
from candidates.lifecycle.activation import deactivate
from candidates.lifecycle.sitting import start
from candidates.models import Candidate, Test, User
from candidates.models.accounts import show_username
from tests.conftest import Clock
from tests.credentials.slip_logins import slip_login
from tests.factories import activated, add_sso, give_logins, open_now, password_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
FORM_OF_ROOM = re.compile(r'action="([^"]+)">(?:(?!</form>).)*?name="all_matching" value="(\d+)"', re.DOTALL)
HEAD_OF_ROOMS = re.compile(r"<tr><th scope=\"row\" class=\"id\">([^<]+)</th><td class=\"num key\">(\d+)</td></tr>")


def url(name: str, test: Test, *parts: str) -> str:
    return reverse(name, args=[test.public_id, *parts])


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def one(candidate_id: str) -> Candidate:
    found: Candidate = Candidate.objects.select_related("test", "one_time_login").get(candidate_id=candidate_id)
    return found


def ticks(*candidate_ids: str) -> dict[str, str]:
    return {"ids": ",".join(one(candidate_id).public_id for candidate_id in candidate_ids)}


def with_login() -> set[str]:
    return set(Candidate.objects.filter(one_time_login__isnull=False).values_list("candidate_id", flat=True))


# Choosing -------------------------------------------------------------------------------------------------------------


def test_where_nobody_logs_in_through_sso_nothing_of_it_is_shown(open_exam: Test, ingrid: Client) -> None:
    for name in ("deliver-test", "candidates", "monitor-test", "login-details"):
        assert "one-time login" not in text_of(ingrid.get(url(name, open_exam))).casefold()
    assert "No SSO candidate is on the test" in text_of(ingrid.get(url("one-time-logins", open_exam)))


def test_planners_find_the_way_from_every_page_and_invigilators_none(
    sso_exam: Test, ingrid: Client, client_of: ClientOf, invigilator: User
) -> None:
    way = url("one-time-logins", sso_exam)
    for name in ("deliver-test", "monitor-test", "login-details"):
        assert f'href="{way}"' in ingrid.get(url(name, sso_exam)).content.decode()
    assert url("candidates-one-time-login", sso_exam) in ingrid.get(url("candidates", sso_exam)).content.decode()
    candidate = one("5001").public_id
    for name in ("monitor-candidate", "candidate"):
        assert "Give one-time login" in text_of(ingrid.get(url(name, sso_exam, candidate)))
    jonas = client_of(invigilator)
    for address in (url("monitor-test", sso_exam), url("monitor-candidate", sso_exam, candidate)):
        assert "Give one-time login" not in text_of(jonas.get(address))


def test_the_page_offers_every_room_and_what_it_offers_is_what_is_asked_about(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    give_logins(sso_exam, planner, one("5002"))
    page = ingrid.get(url("one-time-logins", sso_exam)).content.decode()
    forms = FORM_OF_ROOM.findall(page)
    asked = {}
    for address, count in forms:
        response = ingrid.post(address.replace("&amp;", "&"), {"all_matching": count})
        chosen = response.context["chosen"]
        asked[response.context["question"]] = [line.candidate_id for line in chosen.lines]
    assert asked == {
        "Give a one-time login to 3 candidates?": ["5001", "5003", "5004"],
        "Take back the one-time login of 1 candidate?": ["5002"],
        "Give a one-time login to 1 candidate?": ["5004"],  # the last of three rooms with one each
    }
    assert len(forms) == 6
    assert len(re.findall("All have one", page)) == 0


def test_two_places_that_read_alike_are_offered_as_the_one_that_the_list_shows(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    add_sso(sso_exam, planner, "6001", location=("Vesthall V101", ""))
    page = ingrid.get(url("one-time-logins", sso_exam)).content.decode()
    forms = FORM_OF_ROOM.findall(page)
    answers = [ingrid.post(address.replace("&amp;", "&"), {"all_matching": count}) for address, count in forms]
    assert [response.status_code for response in answers] == [200] * 4
    assert [len(response.context["chosen"].lines) for response in answers] == [5, 1, 3, 1]


def test_before_activation_the_pages_say_what_to_do(exam: Test, planner: User, ingrid: Client) -> None:
    add_sso(exam, planner, "5001")
    assert "Activate it, then give them." in text_of(ingrid.get(url("one-time-logins", exam)))
    for name, status in (("candidates-one-time-login", 200), ("candidates-one-time-login-give", 422)):
        response = ingrid.post(url(name, exam), ticks("5001"))
        assert response.status_code == status
        assert "Activate it, then give them." in text_of(response)
    assert "Give one-time login" not in text_of(ingrid.get(url("candidates", exam)))
    page = ingrid.get(url("one-time-logins", exam)).content.decode()
    assert f'href="{url("deliver-test", exam)}">Back to the test' in page
    assert "Choose single candidates" not in page


def test_after_the_end_nobody_gets_one(sso_exam: Test, ingrid: Client, clock: Clock) -> None:
    clock.move(days=2)
    response = ingrid.post(url("candidates-one-time-login-give", sso_exam), ticks("5001"))
    assert response.status_code in {302, 422}
    assert with_login() == set()


def test_who_chose_a_room_that_changed_meanwhile_or_cancels_is_back_at_the_rooms(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    rooms = url("one-time-logins", sso_exam)
    stale = {"all_matching": "4", "from": "rooms"}
    ask = url("candidates-one-time-login", sso_exam) + "?login=missing"
    asked = ingrid.post(ask, stale).content.decode()
    assert f'href="{rooms}">Cancel' in asked
    assert '<input type="hidden" name="from" value="rooms">' in asked
    give_logins(sso_exam, planner, one("5003"))
    response = ingrid.post(ask, stale, follow=True)
    assert response.redirect_chain == [(rooms, 302)]
    assert "4 candidates were chosen, and now 3 match. Nothing was changed." in text_of(response)


# Check before you confirm ---------------------------------------------------------------------------------------------


def test_the_check_says_who_how_many_in_which_room_and_what_stays(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    give_logins(sso_exam, planner, one("5002"))
    response = ingrid.post(url("candidates-one-time-login", sso_exam), ticks("5001", "5002", "5003", "0001"))
    words = text_of(response)
    assert "Give a one-time login to 2 candidates?" in words
    assert "1 of the ticked is no SSO candidate and is left out" in words
    assert "Nordbygg 2.02 1 1" in words
    assert "Vesthall V101 2 1 1" in words
    assert "All 3 1 2" in words
    assert "Candidate ID, extra time, incident time, room, and everything that is written already stay." in words
    assert "login through Havnes Campus opens the same place" in words
    assert with_login() == {"5002"}


def test_one_time_users_alone_get_a_sentence(sso_exam: Test, ingrid: Client) -> None:
    words = text_of(ingrid.post(url("candidates-one-time-login", sso_exam), ticks("0001")))
    assert "None of them can get a one-time login" in words
    assert "One-time users have their login details already." in words


# Giving and printing --------------------------------------------------------------------------------------------------


def test_giving_leads_straight_to_exactly_these_slips(sso_exam: Test, ingrid: Client, planner: User) -> None:
    give_logins(sso_exam, planner, one("5003"))
    response = ingrid.post(url("candidates-one-time-login-give", sso_exam), ticks("5001", "5002", "0001"), follow=True)
    assert response.redirect_chain == [(url("one-time-logins-given", sso_exam), 302)]
    page = response.content.decode()
    assert "2 one-time logins given." in text_of(response)
    assert "2 candidates have a one-time login" in text_of(response)
    assert HEAD_OF_ROOMS.findall(page) == [("Vesthall V101", "2")]
    sent = {"whose": "ticked", "ids": response.context["form"]["ids"].value()}
    for name in ("login-details-print", "login-details-print-six", "login-details-pdf", "key-list", "key-list-csv"):
        assert f'action="{url(name, sso_exam)}"' in page
        answer = ingrid.post(url(name, sso_exam), sent)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert "@uni.example" not in page
    slips = text_of(ingrid.post(url("login-details-print", sso_exam), sent))
    assert slips.count("Only for Candidate ID") == 2
    for candidate in (one("5001"), one("5002")):
        assert show_password(password_of(candidate)) in slips
        assert candidate.private_reference not in slips
        assert candidate.sso_user_id not in slips


def test_the_rooms_stand_in_the_order_of_the_slips(exam: Test, planner: User, ingrid: Client) -> None:
    add_sso(exam, planner, "5001")
    add_sso(exam, planner, "5002", location=("Vesthall", "V10"))
    add_sso(exam, planner, "5003", location=("Vesthall", "V9"))
    add_sso(exam, planner, "5004", location=("Idrettshall", ""))
    open_now(activated(exam, planner))
    everybody = ticks("5001", "5002", "5003", "5004")
    in_order = ["Idrettshall", "Vesthall V9", "Vesthall V10", "Without a room"]
    pages = [
        ingrid.get(url("one-time-logins", exam)),
        ingrid.post(url("candidates-one-time-login", exam), everybody),
        ingrid.post(url("candidates-one-time-login-give", exam), everybody, follow=True),
    ]
    for page in pages:
        heads = re.findall(r'<th scope="row" class="id">([^<]+)</th>', page.content.decode())
        assert [head for head in heads if head in in_order] == in_order
    slips = ingrid.post(url("login-details-print", exam), {"whose": "all"})
    handed_out = re.findall(r'aria-label="Slip for candidate (\d+)"', slips.content.decode())
    assert handed_out == ["5004", "5003", "5002", "5001"]


def test_a_slip_that_stands_in_for_sso_promises_no_login_for_later(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    give_logins(sso_exam, planner, one("5001"))
    printed = text_of(ingrid.post(url("login-details-print", sso_exam), {"whose": "all"}))
    assert printed.count("when you log in through your institution.") == 1
    assert printed.count("With the same login you find what you submitted in the Archive.") == 1  # one-time user 0001
    six = text_of(ingrid.post(url("login-details-print-six", sso_exam), {"whose": "all"}))
    assert six.count("Keep the slip until you have submitted.") == six.count("Keep the slip for the Archive.") == 1


def test_the_page_for_printing_can_be_opened_again_and_by_a_colleague(
    sso_exam: Test, ingrid: Client, client_of: ClientOf, colleague: User
) -> None:
    marte = client_of(colleague)
    address = url("one-time-logins-given", sso_exam)
    assert marte.get(address)["Location"] == url("one-time-logins", sso_exam)  # nobody has one yet
    ingrid.post(url("candidates-one-time-login-give", sso_exam), ticks("5001"))
    marte.post(url("candidates-one-time-login-give", sso_exam), ticks("5003", "5004"))
    assert "1 candidate has a one-time login" in text_of(ingrid.get(address))
    assert "2 candidates have a one-time login" in text_of(marte.get(address))
    assert "3 candidates have a one-time login" in text_of(ingrid.get(address + "?all=1"))


def test_the_same_form_sent_twice_gives_once_and_leads_to_the_same_slips(sso_exam: Test, ingrid: Client) -> None:
    for _turn in range(2):
        response = ingrid.post(url("candidates-one-time-login-give", sso_exam), ticks("5001", "5002"), follow=True)
        assert "2 candidates have a one-time login" in text_of(response)
    assert "They have a one-time login already. Nothing was changed." in text_of(response)
    assert User.objects.filter(kind=User.Kind.ONE_TIME, stands_in_for__isnull=False).count() == 2


# What shows that somebody has one -------------------------------------------------------------------------------------


def test_lists_and_pages_say_in_words_who_has_one(sso_exam: Test, ingrid: Client, planner: User) -> None:
    give_logins(sso_exam, planner, one("5001"))
    candidate = one("5001")
    assert candidate.one_time_login is not None
    login = show_username(candidate.one_time_login.username)
    words = text_of(ingrid.get(url("candidates", sso_exam)))
    assert f"SSO and one-time login 5001@uni.example or {login}" in words
    assert "With a one-time login 1" in words
    assert f"One-time login {login}" in text_of(ingrid.get(url("candidate", sso_exam, candidate.public_id)))
    monitor = text_of(ingrid.get(url("monitor-test", sso_exam) + "?col=kind"))
    assert "5001 Havnes Campus, and one-time login" in monitor
    assert login not in monitor
    assert "1 SSO candidate has a one-time login as well." in text_of(ingrid.get(url("deliver-test", sso_exam)))
    details = text_of(ingrid.get(url("login-details", sso_exam)))
    assert "2 of 5 candidates log in with a slip, the other 3 with a login of their own." in details
    assert "The others log in through Havnes Campus." in details


@pytest.mark.parametrize(
    ("query", "found"),
    [("login=given", ["5001"]), ("login=missing", ["5002", "5003", "5004"]), ("q={login}", ["5001"])],
)
def test_the_list_finds_them(sso_exam: Test, ingrid: Client, planner: User, query: str, found: list[str]) -> None:
    give_logins(sso_exam, planner, one("5001"))
    account = one("5001").one_time_login
    assert account is not None
    response = ingrid.get(url("candidates", sso_exam) + "?" + query.format(login=show_username(account.username)))
    assert [line.candidate_id for line in response.context["candidates"].shown] == found


def test_at_the_door_an_invigilator_reveals_such_a_login_and_no_other(
    sso_exam: Test, client_of: ClientOf, invigilator: User, planner: User
) -> None:
    give_logins(sso_exam, planner, one("5001"))
    jonas = client_of(invigilator)
    shown = text_of(jonas.post(url("reveal-login", sso_exam, one("5001").public_id)))
    assert show_password(password_of(one("5001"))) in shown
    assert "5001@uni.example" not in shown
    refused = jonas.post(url("reveal-login", sso_exam, one("5002").public_id))
    assert refused.status_code == 404
    assert "5002 logs in through Havnes Campus." in text_of(refused)
    Test.objects.filter(pk=sso_exam.pk).update(invigilators_may_open_logins=False)
    assert jonas.post(url("reveal-login", sso_exam, one("5001").public_id)).status_code == 403


def test_an_invigilator_is_told_who_can_give_one(
    sso_exam: Test, client_of: ClientOf, invigilator: User, planner: User, ingrid: Client
) -> None:
    give_logins(sso_exam, planner, one("5001"))
    jonas, words = client_of(invigilator), "A planner of the test can give this candidate a one-time login."
    address = {name: url("monitor-candidate", sso_exam, one(name).public_id) for name in ("5001", "5002", "0001")}
    assert "Does login through Havnes Campus not work? " + words in text_of(jonas.get(address["5002"]))
    for browser, name in ((jonas, "5001"), (jonas, "0001"), (ingrid, "5002")):
        assert words not in text_of(browser.get(address[name]))


def test_deactivation_hides_the_user_names(sso_exam: Test, ingrid: Client, planner: User) -> None:
    give_logins(sso_exam, planner, one("5001"))
    account = one("5001").one_time_login
    assert account is not None
    assert "One-time logins of SSO candidates".casefold() not in text_of(ingrid.get(url("deactivate-test", sso_exam)))
    assert "1 one-time login of an SSO candidate does not work" in text_of(ingrid.get(url("deactivate-test", sso_exam)))
    deactivate(test=sso_exam, by=planner)
    words = text_of(ingrid.get(url("candidates", sso_exam)))
    assert "SSO and one-time login" in words
    assert show_username(account.username) not in words
    assert "1 one-time login of an SSO candidate works again" in text_of(ingrid.get(url("activate-test", sso_exam)))


def test_login_details_say_whose_they_are_without_counting_everybody_twice(
    sso_exam: Test, ingrid: Client, planner: User
) -> None:
    give_logins(sso_exam, planner, one("5001"), one("5002"))
    details = reverse("login-details", args=[sso_exam.public_id])
    assert "2 of them are SSO candidates with a one-time login." in text_of(ingrid.get(details))
    Candidate.objects.filter(candidate_id="0001").delete()
    assert "All of them are SSO candidates with a one-time login." in text_of(ingrid.get(details))


# Taking back ----------------------------------------------------------------------------------------------------------


def test_taking_back_names_who_is_writing_and_ends_the_login(sso_exam: Test, ingrid: Client, planner: User) -> None:
    give_logins(sso_exam, planner, one("5001"), one("5002"))
    browser = slip_login(one("5001"))
    asked = ingrid.post(url("candidates-one-time-login-take-back", sso_exam), ticks("5001", "5002", "5003"))
    assert "Take back the one-time login of 2 candidates?" in text_of(asked)
    assert "writing now" not in text_of(asked)
    start(candidate=one("5001"))
    confirmed = url("candidates-one-time-login-take-back-confirmed", sso_exam)
    refused = ingrid.post(confirmed, ticks("5001", "5002") | {"writing": ""})
    assert refused.status_code == 422
    assert "1 candidate is writing now and has logged in with the one-time login: 5001." in text_of(refused)
    sent = {"ids": refused.context["ids"], "writing": refused.context["seen"]["writing"].value()}
    done = ingrid.post(confirmed, sent, follow=True)
    assert done.redirect_chain == [(url("one-time-logins", sso_exam), 302)]
    assert "2 one-time logins taken back." in text_of(done)
    assert with_login() == set()
    assert browser.get(reverse("sit", args=[sso_exam.public_id])).status_code == 302


def test_nobody_with_one_gets_a_sentence(sso_exam: Test, ingrid: Client) -> None:
    for name, status in (("", 200), ("-confirmed", 422)):
        response = ingrid.post(url(f"candidates-one-time-login-take-back{name}", sso_exam), ticks("5001"))
        assert response.status_code == status
        assert "None of them has a one-time login" in text_of(response)


def test_nobody_and_no_login_reaches_a_log_or_an_address(
    sso_exam: Test, ingrid: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ingrid.post(url("candidates-one-time-login", sso_exam), ticks("5001"))
        done = ingrid.post(url("candidates-one-time-login-give", sso_exam), ticks("5001"))
        page = ingrid.get(done["Location"])
        sent = {"whose": "ticked", "ids": page.context["form"]["ids"].value()}
        for name in ("login-details-print", "key-list", "key-list-csv"):
            ingrid.post(url(name, sso_exam), sent)
        given = one("5001")
        secret = show_password(password_of(given))
        ingrid.post(url("candidates-one-time-login-take-back-confirmed", sso_exam), ticks("5001"))
    assert given.one_time_login is not None
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    said = "\n".join([*lines, done["Location"], page.request["PATH_INFO"]])
    username = given.one_time_login.username
    for planted in (given.sso_user_id, given.private_reference, username, show_username(username), secret):
        assert planted not in said

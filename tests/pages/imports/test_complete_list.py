"""The complete list through the pages: the box, the ticks, the second yes, and how it is undone."""

import re

import pytest
from django.urls import reverse

from candidates.models import Candidate, Import
from tests.factories import activated, add, add_sso
from tests.intake.lists import complete, waiting

pytestmark = pytest.mark.pages
HEAD = "Candidate ID,Extra time\n"


@pytest.fixture
def page(client, planner):
    client.force_login(planner)
    return client


def url(draft, name="import-preview"):
    return reverse(name, args=[draft.test.public_id, draft.public_id])


def seen_on(response):
    return re.findall(r'name="seen" value="([0-9a-f]+)"', response.content.decode())[0]


def fields(response, **more):
    """What the page would send: all of its ticks as they are, and what a person adds."""
    text = response.content.decode()
    shown = re.search(r'name="ticks_shown" value="([^"]*)"', text)
    ticked = re.findall(r'name="tick" value="([^"]*)"[^>]* checked', text)
    sent = {"seen": seen_on(response), "complete_asked": "1", "complete": "1", "tick": ticked}
    return sent | {"ticks_shown": shown[1] if shown else ""} | more


def ids_on(exam):
    return list(Candidate.objects.of_test(exam).order_by("sort_key").values_list("candidate_id", flat=True))


def test_a_list_is_said_to_be_complete_and_taken_back(page, exam, planner):
    add(exam, planner, "0001")
    draft = waiting(exam, planner, f"{HEAD}0002,\n")
    assert "This file is the complete list" in page.get(url(draft)).content.decode()
    page.post(url(draft, "mend-import"), {"complete_asked": "1", "complete": "1"})
    assert "Would leave 1" in page.get(url(draft)).content.decode()
    page.post(url(draft, "mend-import"), {"complete_asked": "1"})
    assert "Would leave" not in page.get(url(draft)).content.decode()


def test_pages_that_do_not_ask_leave_it_as_it_is(page, exam, planner):
    add(exam, planner, "0001")
    draft = complete(waiting(exam, planner, f"{HEAD}0002,\n"))
    page.post(url(draft, "mend-import"), {"leave_out": "9"})
    assert Import.objects.get().is_complete


def test_where_nobody_could_leave_it_is_not_offered(page, exam, planner):
    add_sso(exam, planner, "0001")
    draft = waiting(exam, planner, f"{HEAD}0002,\n")
    assert "complete list" not in page.get(url(draft)).content.decode()


def test_the_button_says_what_it_does_and_does_it(page, exam, planner):
    add(exam, planner, "0001", "0002")
    Candidate.objects.filter(candidate_id="0002").update(name="Aas, Kari")
    add(exam, planner, *(f"1{n:03}" for n in range(20)))
    rows = "".join(f"1{n:03},\n" for n in range(20))
    draft = complete(waiting(exam, planner, f"{HEAD}0001,30\n0003,\n{rows}"))
    response = page.get(url(draft))
    text = response.content.decode()
    assert "Add 1, change 1, remove 1" in text
    assert "Aas, Kari" in text
    answer = page.post(url(draft, "confirm-import"), fields(response), follow=True).content.decode()
    assert "1 candidate removed.</strong> 1 candidate added. 1 candidate updated." in answer
    assert ids_on(exam)[:2] == ["0001", "0003"]


def test_ticks_are_kept_in_the_list_and_asked_about_before_it_is_done(page, exam, planner):
    _first, second = add(exam, planner, "0001", "0002")
    draft = complete(waiting(exam, planner, f"{HEAD}0001,30\n0003,\n0004,\n"))
    response = page.get(url(draft))
    sent = fields(response)
    sent["tick"] = [key for key in sent["tick"] if key not in ("3", second.public_id)]
    first = page.post(url(draft, "confirm-import"), sent)
    assert (first.status_code, ids_on(exam)) == (422, ["0001", "0002"])
    assert Import.objects.get().unticked == sorted(["3", second.public_id])
    assert "Add 1 and update 1 candidates" in first.content.decode()
    page.post(url(draft, "confirm-import"), fields(first))
    assert ids_on(exam) == ["0001", "0002", "0004"]


def test_the_script_sends_ticks_in_one_field(page, exam, planner):
    (first, second) = add(exam, planner, "0001", "0002")
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))
    shown = f"2,{first.public_id},{second.public_id}"
    page.post(url(draft, "mend-import"), {"ticks_shown": shown, "ticks": f"2,{first.public_id}"})
    assert Import.objects.get().unticked == [second.public_id]


def test_ticks_of_rows_that_the_page_does_not_show_are_kept(page, exam, planner):
    (first, second) = add(exam, planner, "0001", "0002")
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"), first.public_id)
    page.post(url(draft, "mend-import"), {"ticks_shown": second.public_id, "ticks": ""})
    assert set(Import.objects.get().unticked) == {first.public_id, second.public_id}


@pytest.mark.parametrize("sent", ["", "x" * 20000, "a,b\0,<script>", "../../etc"])
def test_nonsense_for_ticks_does_nothing(page, exam, planner, sent):
    add(exam, planner, "0001")
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))
    page.post(url(draft, "mend-import"), {"ticks_shown": sent, "ticks": sent, "tick": [sent]})
    assert set(Import.objects.get().unticked) <= {"a"} - {"a"}
    assert page.get(url(draft)).status_code == 200


def test_very_many_removals_wait_for_a_second_yes(page, exam, planner):
    add(exam, planner, *(f"{n:04}" for n in range(1, 31)))
    draft = complete(waiting(exam, planner, f"{HEAD}0001,\n"))
    response = page.get(url(draft))
    assert "Yes, remove 29 of 30" in response.content.decode()
    without = page.post(url(draft, "confirm-import"), fields(response))
    assert (without.status_code, len(ids_on(exam))) == (422, 30)
    assert "Tick this box if that is right" in without.content.decode()
    other = page.post(url(draft, "confirm-import"), fields(response, removing="28"))
    assert (other.status_code, len(ids_on(exam))) == (422, 30)
    page.post(url(draft, "confirm-import"), fields(response, removing="29"))
    assert ids_on(exam) == ["0001"]


def test_somebody_who_started_is_named_among_those_who_stay(page, exam, planner):
    from django.utils import timezone

    (writing, _other) = add(exam, planner, "0001", "0002")
    activated(exam, planner)
    Candidate.objects.filter(pk=writing.pk).update(started_at=timezone.now())
    draft = complete(waiting(exam, planner, f"{HEAD}0003,\n"))
    text = page.get(url(draft)).content.decode()
    assert "but has started: stays" in text
    assert "Their login details stop working at once" in text


def test_what_the_page_showed_is_what_is_done(page, exam, planner):
    add(exam, planner, "0001")
    draft = complete(waiting(exam, planner, f"{HEAD}0002,\n"))
    response = page.get(url(draft))
    add(exam, planner, "0009")
    answer = page.post(url(draft, "confirm-import"), fields(response, removing="1"))
    assert answer.status_code in (409, 422)
    assert ids_on(exam) == ["0001", "0009"]


def test_undoing_says_who_comes_back(page, exam, planner):
    add(exam, planner, "0001", "0002")
    draft = complete(waiting(exam, planner, f"{HEAD}0002,\n0003,\n"))
    response = page.get(url(draft))
    page.post(url(draft, "confirm-import"), fields(response, removing="1"))
    history = page.get(reverse("imports", args=[exam.public_id])).content.decode()
    assert "1 added, 1 removed" in history
    undo = reverse("undo-import", args=[exam.public_id, Import.objects.get().public_id])
    text = page.get(undo).content.decode()
    assert "comes back" in text
    assert "Remove 1, bring back 1" in text
    answer = page.post(f"{undo}confirmed/", follow=True).content.decode()
    assert "1 candidate is back." in answer
    assert ids_on(exam) == ["0001", "0002"]


def test_undoing_says_whose_candidate_ids_go_back(page, exam, planner):
    add_sso(exam, planner, "0001", "0002")
    activated(exam, planner)
    draft = complete(waiting(exam, planner, "Candidate ID;SSO user ID\n0002;0001@uni.example\n", kind="sso"))
    page.post(url(draft, "confirm-import"), fields(page.get(url(draft)), removing="1"))
    undo = reverse("undo-import", args=[exam.public_id, Import.objects.get().public_id])
    text = page.get(undo).content.decode()
    assert "1 Candidate ID goes back: 0002 is 0001 again." in text
    assert "Slips that were printed with the other ID are out of date then." in text
    assert "by other ways" not in text
    answer = page.post(f"{undo}confirmed/", follow=True).content.decode()
    assert "1 candidate has the earlier Candidate ID again." in answer
    assert ids_on(exam) == ["0001", "0002"]


def test_where_it_cannot_be_undone_the_page_says_why(page, exam, planner, settings):
    add_sso(exam, planner, "0001")
    draft = complete(waiting(exam, planner, "Candidate ID;SSO user ID\n0002;new@uni.example\n", kind="sso"))
    response = page.get(url(draft))
    page.post(url(draft, "confirm-import"), fields(response, removing="1"))
    settings.AUTHENTICATION_TYPES = []
    undo = reverse("undo-import-confirmed", args=[exam.public_id, Import.objects.get().public_id])
    answer = page.post(undo)
    assert answer.status_code == 409
    assert "is not switched on" in answer.content.decode()


@pytest.mark.parametrize("n", [0, 1, 1500])
def test_lists_of_all_lengths_are_shown(page, exam, planner, n):
    add(exam, planner, "9999")
    rows = "".join(f"{number:04},\n" for number in range(1, n + 1)) or "9999,\n"
    draft = complete(waiting(exam, planner, HEAD + rows))
    for query in ("", "?all=1"):
        response = page.get(url(draft) + query)
        text = response.content.decode()
        assert response.status_code == 200
        boxes = re.findall(r'name="tick" value="[^"]*"[^>]*>', text)
        assert sum("disabled" not in box for box in boxes) <= 600
        (shown,) = re.findall(r'name="ticks_shown" value="([^"]*)"', text)
        assert len(shown.split(",")) <= 600


def test_a_list_that_cannot_be_read_as_it_should_shows_nobody_as_leaving(page, exam, planner, settings):
    add_sso(exam, planner, "0001")
    draft = complete(waiting(exam, planner, "Candidate ID;SSO user ID\n0002;new@uni.example\n", kind="sso"))
    settings.AUTHENTICATION_TYPES = []
    text = page.get(url(draft)).content.decode()
    assert "is switched off" in text
    assert "Would leave" not in text

"""Pasting IDs wherever one ticks: found are ticked, the others are said, and other ticks stay."""

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import AuditEvent, Candidate, PermanentUser
from candidates.pages.shared.pasting import MAX_PASTED, MAX_PIECES, find_pasted, known_by, names_of, pieces_of
from tests.factories import activated, add, add_sso, make_permanent, make_test

KNOWN = known_by(
    [
        ("kari", names_of("0001", "480200", "kari@uni.example")),
        ("ola", names_of("0002", "6mn4-ams2")),
        ("anne", names_of("Anne Berg", "480200")),
    ]
)


def pasted(text):
    return find_pasted(text, lambda _texts: KNOWN)


@pytest.mark.parametrize(
    "text",
    ["0001\n0002", "0001,0002", "0001; 0002", "0001\t0002", "0001 0002", '"0001"\r\n"0002"\r\n', "0001,\n\n,0002 0001"],
)
def test_all_separators_do(text):
    assert pasted(text).found == ("kari", "ola")


@pytest.mark.parametrize("text", ["KARI@UNI.EXAMPLE", " 0001 ", "０００１"])
def test_names_are_folded_as_they_are_elsewhere(text):
    assert pasted(text).found == ("kari",)


@pytest.mark.parametrize("text", ["6mn4-ams2", "6MN4 AMS2", "6mn4ams2"])
def test_usernames_are_typed_in_many_ways(text):
    assert pasted(text).found == ("ola",)


def test_an_id_with_spaces_is_one():
    assert pasted("anne berg, 0001 0002").found == ("anne", "kari", "ola")


def test_who_is_not_found_and_what_fits_several_is_said_as_it_was_typed():
    found = pasted("0001\n0815\n480200\nPer Olsen\n0001 0999")
    assert found.found == ("kari",)
    assert found.missing == ("0815", "Per Olsen", "0999")
    assert found.ambiguous == ("480200",)


@pytest.mark.parametrize("text", ["", " \n,;\t", "\0"])
def test_nothing_pasted_finds_nobody(text):
    assert pasted(text) == find_pasted("", lambda _texts: {})


def test_parts_of_names_find_nobody():
    assert not any(pasted(text).found for text in ("000", "kari@uni", "6mn4"))


def test_very_long_texts_are_cut():
    assert len(pieces_of("1\n" * MAX_PASTED)) == 1
    assert len(pieces_of("".join(f"{n}\n" for n in range(MAX_PIECES + 100)))) == MAX_PIECES


# Manage candidates ---------------------------------------------------------------------------------------------------


@pytest.fixture
def page(client, planner):
    client.force_login(planner)
    return client


def paste(page, url, text, **more):
    """Press the button, and return the page that it leads to and what was said."""
    answer = page.post(url, {"paste": text, "tick_pasted": "1", **more})
    assert answer.status_code == 302
    shown = page.get(answer["Location"])
    return shown.content.decode(), [str(one) for one in get_messages(shown.wsgi_request)]


def said(text):
    alerts = re.findall(r'(?s)<div class="ds-alert".*?</div>', text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", " ".join(alerts))).strip()


def ticked_on(text):
    return set(re.findall(r'name="c" value="([^"]+)" checked', re.sub(r"\s+", " ", text)))


@pytest.mark.pages
def test_pasted_candidates_are_ticked_and_others_stay_so(page, exam, planner):
    first, second, third = add(exam, planner, "0001", "0002", "0003")
    url = reverse("candidates", args=[exam.public_id])
    assert "Paste IDs" in page.get(url).content.decode()
    text, _messages = paste(page, url, "0002\n0815", c=[first.public_id])
    assert ticked_on(text) == {first.public_id, second.public_id}
    assert third.public_id not in ticked_on(text)
    assert "1 of those pasted is ticked. 1 not found: 0815." in said(text)


@pytest.mark.pages
def test_references_sso_user_ids_and_usernames_do_too(page, exam, planner):
    add(exam, planner, "0001")
    (sso, other) = add_sso(exam, planner, "0002", "0003")
    activated(exam, planner)
    one = Candidate.objects.select_related("user").get(candidate_id="0001")
    assert one.user is not None
    url = reverse("candidates", args=[exam.public_id])
    text, _messages = paste(page, url, f"{one.user.shown_username}, Name of 0002, 0003@UNI.example")
    assert ticked_on(text) == {one.public_id, sso.public_id, other.public_id}


@pytest.mark.pages
def test_whom_a_search_hides_is_ticked_as_well(page, exam, planner):
    add(exam, planner, "0001", "0002")
    url = reverse("candidates", args=[exam.public_id])
    text, _messages = paste(page, f"{url}?q=0001", "0002", q="0001")
    assert "1 ticked is not shown" in re.sub(r"\s+", " ", text)


@pytest.mark.pages
def test_who_was_removed_is_said_with_who_did_it(page, exam, planner):
    (gone, _other) = add(exam, planner, "0815", "0002")
    remove_candidates(test=exam, public_ids=[gone.public_id], by=planner)
    text, _messages = paste(page, reverse("candidates", args=[exam.public_id]), "0815")
    assert "1 not found: 0815. 0815 was removed" in said(text)
    assert f"by {planner}." in said(text)


@pytest.mark.pages
def test_candidates_of_another_test_are_not_found(page, exam, planner, grader):
    add(exam, planner, "0001")
    add(make_test(name="Other"), planner, "0777")
    text, _messages = paste(page, reverse("candidates", args=[exam.public_id]), "0777")
    assert "1 not found: 0777." in said(text)


@pytest.mark.pages
def test_what_was_pasted_is_shown_and_not_run(page, exam, planner):
    add(exam, planner, "0001")
    text, _messages = paste(page, reverse("candidates", args=[exam.public_id]), "<script>alert(1)</script>")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


# Permanent users -----------------------------------------------------------------------------------------------------


@pytest.mark.pages
def test_permanent_users_are_ticked_by_username_and_external_id(page, exam, planner):
    kari = make_permanent("Kari", "Nordmann", username="kari.nordmann")
    ola = make_permanent("Ola", "Nordmann", username="ola", external_id="480200")
    text, _messages = paste(page, reverse("add-permanent", args=[exam.public_id]), "KARI.nordmann\n480200\n4802")
    assert ticked_on(text) == {kari.public_id, ola.public_id}
    assert "1 not found: 4802." in said(text)


@pytest.mark.pages
def test_external_ids_are_counted_and_limited_for_who_may_not_see_them(page, exam, planner, settings):
    settings.PERMANENT_SEARCHES_A_MINUTE = 2
    make_permanent("Ola", "Nordmann", username="ola", external_id="480200")
    url = reverse("add-permanent", args=[exam.public_id])
    text, _messages = paste(page, url, "480200\n480201")
    assert len(ticked_on(text)) == 1
    assert AuditEvent.objects.get(action="users_searched").count == 2
    text, _messages = paste(page, url, "480200\nola")
    assert "you may try 2 in a minute" in said(text)
    text, _messages = paste(page, url, "480200\n1\n2\n3")
    assert ticked_on(text) == set()


@pytest.mark.pages
def test_administrators_see_external_ids_and_are_not_limited(client, administrator, settings):
    settings.PERMANENT_SEARCHES_A_MINUTE = 0
    make_permanent("Ola", "Nordmann", username="ola", external_id="480200")
    one = make_list(name="BIO2150", by=administrator)
    client.force_login(administrator)
    text, _messages = paste(client, reverse("user-list-find", args=[one.public_id]), "480200")
    assert ticked_on(text) == {PermanentUser.objects.get().public_id}


@pytest.mark.pages
def test_on_a_list_only_its_members_are_found(client, administrator):
    kari, _ola = make_permanent("Kari", username="kari"), make_permanent("Ola", username="ola")
    one = make_list(name="BIO2150", by=administrator)
    add_members(one=one, keys=[kari.pk], by=administrator)
    client.force_login(administrator)
    text, _messages = paste(client, reverse("user-list", args=[one.public_id]), "kari ola")
    assert ticked_on(text) == {kari.public_id}
    assert "1 not found: ola." in said(text)

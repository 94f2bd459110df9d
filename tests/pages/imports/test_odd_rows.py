"""Lists with rows and cells that programs make, through the pages: named, and stored as they are meant.

The lists lie in tests/data/lists; README.md there says what is odd in each.
"""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.intake.accounts.running import work_on
from candidates.models import Candidate, Import, PermanentUser, Test
from candidates.models.candidates import Candidate as Place
from tests.factories import add, make_test
from tests.pages.imports.test_imports import at, ids_on, plain, press, the_draft

LISTS = Path(__file__).resolve().parents[2] / "data" / "lists"


@pytest.fixture
def browser(client_of, planner):
    """A browser in which the planner is logged in."""
    return client_of(planner)


def one_time(browser, test, name):
    """Upload a list of one-time users, and return its preview."""
    draft = the_draft(browser, test, (LISTS / name).read_bytes(), name)
    return draft, browser.get(at("import-preview", draft))


def sso(browser, test, name, data=None):
    file = SimpleUploadedFile(name, (LISTS / name).read_bytes() if data is None else data)
    browser.post(reverse("add-from-sso", args=[test.public_id]), {"authentication_type": "campus", "file": file})
    draft = Import.objects.get(test=test)
    return draft, browser.get(at("import-preview", draft))


def mend(browser, draft, **sent):
    return browser.post(at("mend-import", draft), sent, follow=True)


def problems(page):
    """Return (row, whose, proposal or not) of the problems of a preview."""
    return [(line.row, line.who, line.use_words if line.use else "") for line in page.context["problems"]]


def notices(page, key):
    return [
        (one.row, one.cell, one.repaired)
        for group in page.context["warning_groups"]
        if group.key == key
        for one in group.notices
    ]


def test_addresses_from_a_mail_program_have_a_proposal_and_odd_ones_are_pointed_out(browser, exam):
    draft, page = sso(browser, exam, "05-addresses-from-mail.csv")
    assert [line.row for line in page.context["problems"]] == [2, 3, 4, 7]
    assert {line.who for line in page.context["problems"]} == {"0701", "0702", "0703", "0706"}
    assert notices(page, "unlike") == [
        (5, "dina.eide", "dina.eide@havnes.example"),
        (6, "emil.foss@havnse.example", "emil.foss@havnes.example"),
    ]
    for row in (2, 3, 4, 7):
        mend(browser, draft, use=f"{row}-sso_user_id")
    mend(browser, draft, repair="unlike")
    press(browser, draft)
    stored = set(Place.objects.of_test(exam).values_list("sso_user_id", flat=True))
    assert {one.rpartition("@")[2] for one in stored} == {"havnes.example"}
    assert {"anna.moe@havnes.example", "berit.lie@havnes.example", "frida.gran@havnes.example"} < stored


def test_null_from_a_database_is_nobody_and_no_room(browser, exam):
    draft, page = sso(browser, exam, "07-null-from-database.csv")
    assert problems(page) == [(2, "0412", "")]
    assert notices(page, "nothing") == [(1, "NULL", ""), (1, "NULL", "")]
    mend(browser, draft, leave_out="2")
    press(browser, draft)
    places = Place.objects.of_test(exam).values_list("sso_user_id", "location__room")
    assert set(places) == {("a411@havnes.example", None), ("a413@havnes.example", "V1")}


@pytest.mark.parametrize(  # each word stands in one column or another: one function reads them all
    "words",
    [
        ("NULL", "null", "None", "nan", "NaN"),
        ("N/A", "n/a", "-", "–", "(null)"),
        ("\\N", "<NA>", "NULL", "-", "None"),
        ("–", "nan", "<NA>", "NULL", "\\N"),
    ],
)
def test_words_for_nothing_are_nowhere_stored(browser, exam, words):
    minutes, building, room, candidate_id, person = words
    head = "Candidate ID,SSO user ID,Extra time,Building,Room\n"
    rows = f"1,a@u.no,{minutes},{building},{room}\n{candidate_id},b@u.no,,,\n3,{person},,,\n4,d@u.no,30,Vesthall,V1\n"
    draft, page = sso(browser, exam, "list.csv", (head + rows).encode())
    assert {line.row for line in page.context["problems"]} == {3, 4}
    mend(browser, draft, leave_out="3")
    mend(browser, draft, leave_out="4")
    press(browser, draft)
    stored = Place.objects.of_test(exam).values_list("candidate_id", "extra_minutes", "location__building")
    assert set(stored) == {("1", 0, None), ("4", 30, "Vesthall")}


def test_what_a_spreadsheet_did_not_find_is_a_problem_that_may_be_left_empty(browser, exam):
    draft, page = sso(browser, exam, "list.csv", b"1,a@u.no,#N/A,,#REF!\n2,b@u.no,,,\n")
    assert [(line.column, line.use_words) for line in page.context["problems"]] == [
        ("Extra time", "Leave it empty"),
        ("Room", "Leave it empty"),
    ]
    mend(browser, draft, use="1-extra_time")
    assert mend(browser, draft, use="1-room").context["problems"] == []


def test_a_room_that_is_called_na_stays_one_but_not_na_in_na(browser, exam):
    rows = b"1,a@u.no,,Vesthall,NA\n2,b@u.no,,NA,NA\n"
    draft, _page = sso(browser, exam, "list.csv", rows)
    press(browser, draft)
    assert set(Place.objects.of_test(exam).values_list("location__building", "location__room")) == {
        ("Vesthall", "NA"),
        (None, None),
    }


def test_a_word_for_nothing_may_be_meant_as_an_id(browser, exam):
    draft = the_draft(browser, exam, b"Candidate ID\nNA\nKB\nNULL\n")
    page = browser.get(at("import-preview", draft))
    assert [(line.row, line.keep_words if line.keep else "") for line in page.context["problems"]] == [
        (2, "Keep NA"),
        (4, ""),
    ]
    mend(browser, draft, keep="2-candidate_id")
    mend(browser, draft, keep="4-candidate_id")  # nothing offers it
    assert [line.row for line in browser.get(at("import-preview", draft)).context["problems"]] == [4]
    mend(browser, draft, leave_out="4")
    press(browser, draft)
    assert ids_on(exam) == ["KB", "NA"]


def test_rows_that_are_nobody_are_left_out_in_one_press(browser, exam):
    draft, page = one_time(browser, exam, "08a-rows-that-are-nobody.csv")
    assert [line.row for line in page.context["problems"]] == [2, 6, 8, 10, 11]
    assert "Leave out the 5 rows that are nobody" in plain(page)
    page = mend(browser, draft, for_all="nobody")
    assert "You cannot add yet" not in plain(page)
    press(browser, draft)
    assert dict(Place.objects.of_test(exam).values_list("candidate_id", "extra_minutes")) == {
        "0511": 30,
        "0512": 0,
        "0513": 15,
    }


@pytest.mark.parametrize(
    "head",
    [
        "Kandidatnr;Etternavn;Fornavn;Tillegg",
        "Candidate ID;Remarks;Shoe size;Extra time",
        "Kandidat-ID;Navn;Rom;Ekstra tid (min)",
    ],
)
def test_the_header_once_more_is_known_by_the_headings_of_the_list(browser, exam, head):
    draft = the_draft(browser, exam, f"{head}\n0511;a;b;30\n{head}\n0512;Moe;c;\n".encode())
    page = browser.get(at("import-preview", draft))
    assert [(line.row, line.message[:25]) for line in page.context["problems"]] == [(3, "This is the header once m")]


def test_a_heading_that_somebody_has_assigned_comes_once_more(browser, exam):
    draft = the_draft(browser, exam, b"Kandidatnr;Bonus\n0511;30\nKandidatnr;Bonus\n0512;\n")
    browser.post(at("assign-columns", draft), {"column-0": "candidate_id", "column-1": "extra_time"})
    assert Import.objects.get().columns[1][2] == "extra_time"
    page = browser.get(at("import-preview", draft))
    assert [(line.row, line.keep_words) for line in page.context["problems"]] == [(3, "Keep this row")]


def test_a_row_that_looks_like_nobody_may_be_kept(browser, exam):
    draft = the_draft(browser, exam, b"Candidate ID\n0511\nSum\n")
    page = browser.get(at("import-preview", draft))
    assert [(line.row, line.keep_words) for line in page.context["problems"]] == [(3, "Keep this row")]
    assert mend(browser, draft, keep="3-candidate_id").context["problems"] == []
    press(browser, draft)
    assert ids_on(exam) == ["0511", "Sum"]


def test_ids_like_dates_are_stored_once_somebody_insists(browser, exam):
    draft, page = one_time(browser, exam, "09-ids-like-dates.csv")
    assert next((line.row, line.keep_words) for line in page.context["problems"]) == (2, "Keep 1/12")
    assert len(mend(browser, draft, keep="2-candidate_id").context["problems"]) == 3
    assert "Keep these 3 IDs as they are" in plain(browser.get(at("import-preview", draft)))
    assert mend(browser, draft, for_all="keep-damage").context["problems"] == []
    press(browser, draft)
    assert ids_on(exam) == ["1/12", "2/12", "3/12", "4/12"]


def test_insisting_is_of_that_very_text_and_goes_with_undo_all_changes(browser, exam):
    draft, _page = one_time(browser, exam, "09-ids-like-dates.csv")
    mend(browser, draft, for_all="keep-damage")
    again = mend(browser, draft, **{"cell-2-candidate_id": "5/12", "was-2-candidate_id": "1/12"})
    assert [(line.row, line.value) for line in again.context["problems"]] == [(2, "5/12")]
    assert len(mend(browser, draft, start_over="1").context["problems"]) == 4
    changed = mend(
        browser, draft, keep="2-candidate_id", **{"cell-3-candidate_id": "7/12", "was-3-candidate_id": "2/12"}
    )
    assert [line.value for line in changed.context["problems"]] == ["7/12", "3/12", "4/12"]


def test_under_add_new_one_box_insists_on_what_was_typed(browser, exam):
    page = reverse("add-one-time", args=[exam.public_id])
    sent = {"id": ["1/12", "0007", "2/12"], "extra": ["30", "", ""], "after": "0"}
    answer = browser.post(page, sent)
    assert answer.status_code == 422
    assert "tick the box under the rows" in plain(answer)
    assert answer.context["doubted"] == "1/12\n2/12"
    assert 'name="meant" value="1/12\n2/12"' in answer.content.decode()
    other = browser.post(page, {**sent, "meant": "1/12\r\n2/12", "extra": ["x", "", ""]})
    assert [problem for problem in other.context["problems"] if "box" in problem[1]] == []
    assert 'type="hidden" name="meant" value="1/12\n2/12"' in other.content.decode()
    assert browser.post(page, {**sent, "meant": "1/12"}).status_code == 422  # of the third one nobody spoke
    assert browser.post(page, {**sent, "meant": "1/12\r\n2/12"}).status_code == 302
    assert ids_on(exam) == ["1/12", "2/12", "0007"]


def test_inner_spaces_alone_make_no_other_candidate(browser, exam):
    draft, page = one_time(browser, exam, "13-inner-space-twins.csv")
    assert [line.row for line in page.context["problems"]] == [3, 4]
    assert "Only spaces inside differ" in plain(page)
    mend(browser, draft, leave_out="3")
    mend(browser, draft, leave_out="4")
    press(browser, draft)
    assert ids_on(exam) == ["Group A 12"]
    again = the_draft(browser, exam, "Candidate ID\nGroup  A   12\nGroup\tA 12\nGroup\u00a0A 12\nB  1\n".encode())
    page = browser.get(at("import-preview", again))
    assert len(page.context["already"]) == 1
    assert [line.use_words for line in page.context["problems"]] == ["Use Group A 12", "Use Group A 12"]
    assert notices(page, "tidied") == [(5, "B 1", "")]


def test_extra_time_of_the_whole_test_is_pointed_out_and_may_be_the_whole_time(browser, planner):
    test = make_test(planner=planner, duration_minutes=240)
    draft, page = one_time(browser, test, "19-extra-time-as-factor.csv")
    assert notices(page, "whole") == [(3, "150 %", "120")]
    assert "360 minutes on top of 240" in plain(page)
    mend(browser, draft, repair="whole")
    press(browser, draft)
    assert dict(Place.objects.of_test(test).values_list("candidate_id", "extra_minutes")) == {"7101": 0, "7102": 120}


def test_less_than_the_whole_time_is_not_pointed_out(browser, planner):
    test = make_test(planner=planner, duration_minutes=240)
    draft = the_draft(browser, test, b"Candidate ID,Extra time\n1,99 %\n2,60\n3,239\n4,240\n5,100 %\n6,300\n")
    assert notices(browser.get(at("import-preview", draft)), "whole") == [
        (5, "240", "0"),
        (6, "100 %", "0"),
        (7, "300", "60"),
    ]


def test_names_with_joiners_are_stored_as_they_are(client_of, administrator):
    browser = client_of(administrator)
    data = (LISTS / "12-names-with-joiners.csv").read_bytes()
    browser.post("/permanent-users/import/", {"file": SimpleUploadedFile("names.csv", data)})
    waiting = Import.objects.get()
    page = browser.get(f"/permanent-users/import/{waiting.public_id}/")
    assert page.context["problems"] == []
    browser.post(f"/permanent-users/import/{waiting.public_id}/start/", {"seen": page.context["seen"]})
    work_on(waiting.public_id)
    names = set(PermanentUser.objects.values_list("first_name", "last_name"))
    persian, sinhala, hindi = ("علی\u200cرضا", "حسینی\u200cنژاد"), ("ශ්\u200dරී", "ලංකා"), ("क्\u200dष", "शर्मा")
    assert {first for first, _last in names} == {persian[0], sinhala[0], hindi[0]}


@pytest.mark.parametrize("name", ["An\u200cna", "An\u200dna", "\u200cAnna", "علی\u200c", "علی\u200c\u200cرضا"])
def test_joiners_that_nobody_sees_are_refused_with_a_proposal(client_of, administrator, name):
    browser = client_of(administrator)
    browser.post("/permanent-users/import/", {"paste": f"First name,Last name,Username\n{name},Moe,anna\n"})
    page = browser.get(f"/permanent-users/import/{Import.objects.get().public_id}/")
    assert [(line.column, bool(line.use)) for line in page.context["problems"]] == [("First name", True)]


def test_of_permanent_users_the_name_none_may_be_meant_and_rows_may_be_nobody(client_of, administrator):
    browser = client_of(administrator)
    text = "First name,Last name,Username\nKari,None,kari\nOla,NULL,ola\n"
    text += "First name,Last name,Username\nAntall: 2,,\nMaj,Holm,None\n"
    browser.post("/permanent-users/import/", {"paste": text})
    waiting = Import.objects.get()
    here = f"/permanent-users/import/{waiting.public_id}/"
    page = browser.get(here)
    assert [(line.row, line.who, line.keep_words if line.keep else "") for line in page.context["problems"]] == [
        (2, "Kari, kari", "Keep None"),
        (3, "Ola, ola", "Keep NULL"),
        (4, "", "Keep this row"),
        (5, "", "Keep this row"),
        (6, "Maj, Holm", "Keep None"),
    ]
    browser.post(f"{here}mend/", {"keep": "2-last_name"})
    browser.post(f"{here}mend/", {"for_all": "empty"})
    page = browser.post(f"{here}mend/", {"for_all": "nobody"}, follow=True)
    assert page.context["problems"] == []
    browser.post(f"{here}start/", {"seen": page.context["seen"]})
    work_on(waiting.public_id)
    stored = PermanentUser.objects.values_list("first_name", "last_name")
    assert set(stored) == {("Kari", "None"), ("Ola", ""), ("Maj", "Holm")}


# Which rows are shown -----------------------------------------------------------------------------------------------


def test_problem_rows_say_whose_they_are(browser, exam):
    rows = b"0412,anna@u.no,abc,,\n0413,berit@u.no;,,,\n,cato@u.no,,,\n0415,NULL,x,,\n"
    _draft, page = sso(browser, exam, "list.csv", rows)
    assert [(line.row, line.who) for line in page.context["problems"]] == [
        (1, "0412, anna@u.no"),
        (2, "0413"),
        (3, "cato@u.no"),
        (4, "0415"),
        (4, "0415"),
    ]
    assert "0412, anna@u.no" in plain(page)


@pytest.fixture
def long_list(browser, exam, planner):
    """A list of 400 candidates with one problem, one candidate who is on the test, and a preview of it."""
    add(exam, planner, "0007")
    rows = "".join(f"{n:04};{'x' if n == 9 else ''}\n" for n in range(1, 401))
    draft = the_draft(browser, exam, f"Candidate ID;Extra time\n{rows}".encode())
    return draft


def ready(page):
    return [line.candidate_id for line in page.context["ready"]]


def test_the_last_rows_are_shown_as_well_as_the_first(browser, long_list):
    page = browser.get(at("import-preview", long_list))
    assert ready(page) == [*(f"{n:04}" for n in (1, 2, 3, 4, 5, 6, 8, 10)), "0398", "0399", "0400"]
    assert "387 rows between them are not shown" in plain(page)
    assert "Rows 2 to 11 and 399 to 401 of the file. Show all 398" in plain(page)
    assert len(ready(browser.get(at("import-preview", long_list) + "?all=1"))) == 398


@pytest.mark.parametrize(
    ("find", "shown", "words"),
    [
        ("0250", ["0250"], "1 row with “0250” is ready."),
        ("401", ["0400"], "1 row with “401” is ready."),
        ("9", [], "To fix above: row 10."),
        ("0007", [], "0 rows with “0007” are ready. On the test already: row 8."),
        ("nobody", [], "0 rows with “nobody” are ready."),
        ("<b>", [], "0 rows with “&lt;b&gt;” are ready."),
    ],
)
def test_any_row_is_found_by_its_number_or_what_stands_in_it(browser, long_list, find, shown, words):
    before = Import.objects.values().get()
    page = browser.get(at("import-preview", long_list), {"q": find})
    assert words in plain(page)
    if find != "9":
        assert ready(page) == shown
    assert Import.objects.values().get() == before
    assert re.search(r'<form id="find" method="get" action="/deliver/[^"]*/#ready">', page.content.decode())


def test_a_short_list_has_no_search(browser, exam):
    page = browser.get(at("import-preview", the_draft(browser, exam)))
    assert 'id="find"' not in page.content.decode()
    assert Test.objects.filter(pk=exam.pk).exists()
    assert not Candidate.objects.of_test(exam).exists()

"""What the columns of a list are read as: shown, chosen, remembered, and recognised in the next file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from candidates.models import AuditEvent, Candidate, Import, ListFormat
from tests.factories import make_test
from tests.intake.lists import waiting
from tests.pages.imports.test_imports import at, ids_on, plain, press

HEAD = "Kandnr.;Studentnr.;Etternavn;Fornavn;Bygg;Rom;Plass;Tilrettelagt tid;Studieprogram;E-post;Merknad\n"
ROWS = "0448;499943;Kaya;Oda Áile;Vesthall;V101;100;;BIO-BACH;n.n@post.example;\n"
ROWS += "0049;421338;Aasen;Mei;Vesthall;V102;45;30;;;egen PC\n"


@pytest.fixture
def browser(client_of, planner):
    return client_of(planner)


def send(browser, test, text, name="add-from-file"):
    answer = browser.post(reverse(name, args=[test.public_id]), {"paste": text})
    assert answer.status_code == 302, plain(answer)
    return Import.objects.latest("pk")


def assign(browser, draft, **columns):
    more = {name: value for name, value in columns.items() if not name.startswith("c")}
    return browser.post(
        at("assign-columns", draft),
        {**{f"column-{name[1:]}": field for name, field in columns.items() if name.startswith("c")}, **more},
    )


def test_eleven_columns_of_which_eight_are_known_are_read_and_the_others_named(browser, exam):
    draft = send(browser, exam, HEAD + ROWS)
    text = plain(browser.get(at("import-preview", draft)))
    assert "8 of 11 columns are read" in text
    assert "3 are ignored: Studieprogram, E-post, Merknad." in text
    assert "Two columns are read as Name and joined: Kaya, Oda Áile." in text
    press(browser, draft)
    found = Candidate.objects.select_related("location").order_by("candidate_id")
    assert [
        (one.candidate_id, one.private_reference, one.name, str(one.location), one.seat, one.extra_minutes)
        for one in found
    ] == [
        ("0049", "421338", "Aasen, Mei", "Vesthall V102", "45", 30),
        ("0448", "499943", "Kaya, Oda Áile", "Vesthall V101", "100", 0),
    ]


def test_nothing_is_kept_of_columns_that_are_ignored(browser, exam):
    draft = send(browser, exam, HEAD + ROWS)
    assert "egen PC" in str(Import.objects.get().columns)
    press(browser, draft)
    draft.refresh_from_db()
    assert "Merknad" not in str(draft.columns)
    assert "Kaya" not in str(draft.columns)
    assert "Etternavn" in str(draft.columns)


def test_a_list_whose_candidate_ids_nobody_knows_asks_for_them(browser, exam):
    draft = send(browser, exam, "Kode;Rom\nA17;R1\nB42;R2\n")
    text = plain(browser.get(at("import-preview", draft)))
    assert "No column is read as Candidate ID: choose it. Then press “Read it again”." in text
    assert press(browser, draft).status_code == 422
    assert assign(browser, draft, c0="candidate_id", c1="").status_code == 302
    text = plain(browser.get(at("import-preview", draft)))
    assert "Chosen by you" in text
    press(browser, draft)
    assert ids_on(exam) == ["A17", "B42"]
    assert not Candidate.objects.exclude(location=None).exists()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"c0": "candidate_id", "c1": "candidate_id"}, "Several columns are read as Candidate ID. Choose one"),
        ({"c0": "name", "c1": "name", "c2": "name"}, "More than two columns are read as Name. Choose two, or one."),
        ({"c0": "is_superuser"}, "is not one of the available choices"),
        ({"c0": "candidate_id", "remember": "on", "remember_as": " "}, "Give the format a name"),
    ],
)
def test_a_choice_that_cannot_be_changes_nothing_and_stays_on_the_page(browser, exam, columns, words):
    draft = send(browser, exam, "Kandidatnr.;Rom;Merknad\n1;R1;x\n")
    before = draft.columns
    answer = assign(browser, draft, **columns)
    assert answer.status_code == 422
    assert words in plain(answer)
    draft.refresh_from_db()
    assert draft.columns == before


def test_a_choice_is_remembered_when_the_list_is_added(browser, exam, planner, client_of, colleague):
    draft = send(browser, exam, "Kode;Merke;Rom\nA17;x;R1\n")
    assign(
        browser,
        draft,
        c0="candidate_id",
        c1="seat",
        c2="",
        remember="on",
        remember_as="Exam office",
        remember_for="everybody",
    )
    assert not ListFormat.objects.exists()
    press(browser, draft)
    kept = ListFormat.objects.get()
    assert (kept.name, kept.owner, kept.is_shared) == ("Exam office", planner, True)
    assert kept.fields == {"kode": "candidate_id", "merke": "seat", "rom": ""}
    assert AuditEvent.objects.filter(action="list_format_remembered", test=exam).count() == 1
    other = make_test(planner=colleague, name="CHE1100")
    found = send(client_of(colleague), other, "Rom;Kode;Nytt;Merke\nR9;B1;y;7\n")
    assert found.format_name == "Exam office"
    text = plain(client_of(colleague).get(at("import-preview", found)))
    assert "By the format Exam office" in text
    press(client_of(colleague), found)
    place = Candidate.objects.get(test=other)
    assert (place.candidate_id, place.seat, place.location) == ("B1", "7", None)


def test_a_format_of_ones_own_is_nobody_elses(browser, exam, client_of, colleague):
    draft = send(browser, exam, "Kode;Merke\nA17;x\nA18;y\n")
    assign(browser, draft, c0="candidate_id", c1="", remember="on", remember_as="Mine", remember_for="me")
    press(browser, draft)
    assert not ListFormat.objects.get().is_shared
    other = make_test(planner=colleague, name="CHE1100")
    assert send(client_of(colleague), other, "Kode;Merke\nB1;y\nB2;z\n").format_name == ""
    assert "There is none yet" in plain(client_of(colleague).get(reverse("list-formats")))


def test_the_same_name_again_replaces_the_format(browser, exam):
    for field in ("candidate_id", "private_reference"):
        draft = send(browser, exam, f"Kandidatnr.;Merke\n{field};x\n")
        assign(
            browser,
            draft,
            c0="candidate_id",
            c1=field if field != "candidate_id" else "",
            remember="on",
            remember_as="A",
        )
        press(browser, draft)
    assert ListFormat.objects.get().fields == {"kandidatnr": "candidate_id", "merke": "private_reference"}


def test_a_format_is_deleted_by_who_made_it(browser, planner, colleague):
    mine = ListFormat.objects.create(kind="sso", name="Mine", owner=planner, fields={"x": "room"})
    theirs = ListFormat.objects.create(kind="sso", name="Theirs", owner=colleague, fields={"y": ""}, is_shared=True)
    text = plain(browser.get(reverse("list-formats")))
    assert "Only yours" in text
    assert "Everybody’s, from Marte Aune" in text
    assert browser.get(reverse("list-format-delete", args=[mine.public_id])).status_code == 200
    assert browser.post(reverse("list-format-delete", args=[theirs.public_id])).status_code == 404
    browser.post(reverse("list-format-delete", args=[mine.public_id]))
    assert list(ListFormat.objects.all()) == [theirs]
    assert AuditEvent.objects.get(action="list_format_deleted").detail["name"] == "Mine"


def test_a_list_without_headings_is_not_remembered(browser, exam):
    draft = send(browser, exam, "0001;30;x\n0002;15;y\n")
    text = browser.get(at("import-preview", draft)).content.decode()
    assert 'name="column-2"' in text
    assert 'name="remember"' not in text


def test_wrong_rows_keep_what_their_columns_were_chosen_to_be(exam, planner, browser):
    draft = waiting(exam, planner, "Kode;Etternavn;Fornavn;Tid\n1;Aas;Reidun;x\n2;Bø;Ola;15\n")
    assign(browser, draft, c0="candidate_id", c1="name", c2="name", c3="extra_time")
    download = browser.post(at("download-wrong-rows", draft))
    content = download.content.decode("utf-8-sig").replace(";x;", ";30;")
    assert content.splitlines()[1].startswith('1;Aas;Reidun;30;"Row 2:')
    answer = browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile("x.csv", content.encode())})
    assert answer.status_code == 302, plain(answer)
    press(browser, draft)
    assert list(Candidate.objects.order_by("candidate_id").values_list("name", "extra_minutes")) == [
        ("Aas, Reidun", 30),
        ("Bø, Ola", 15),
    ]


TWINS = "Kandidat (nr);Rom (bygning);Rom (nr);Ekstratid\n"


def test_headings_that_are_alike_are_known_by_their_order(browser, exam, planner):
    draft = send(browser, exam, f"{TWINS}0001;Vesthall;V1;x\n")
    assert "could each be Room" in plain(browser.get(at("import-preview", draft)))
    kept = {"remember": "on", "remember_as": "Twins", "remember_for": "me"}
    assign(browser, draft, c0="candidate_id", c1="building", c2="room", c3="extra_time", **kept)
    content = browser.post(at("download-wrong-rows", draft)).content.decode("utf-8-sig").replace(";x;", ";30;")
    browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile("x.csv", content.encode())})
    press(browser, draft)
    assert str(Candidate.objects.get().location) == "Vesthall V1"
    again = send(browser, exam, f"{TWINS}0002;Vesthall;V2;\n")
    assert again.format_name == "Twins"
    press(browser, again)
    assert str(Candidate.objects.get(candidate_id="0002").location) == "Vesthall V2"


def test_two_whole_names_are_asked_about(browser, exam):
    draft = send(browser, exam, "Navn;Kandidatnavn;Kandidatnr.\nCellebiologi;Kari Bø;1\n")
    assert "“Navn” and “Kandidatnavn” could each be Name" in plain(browser.get(at("import-preview", draft)))


def test_what_was_chosen_and_the_wish_to_remember_stay_when_the_same_columns_are_read_again(browser, exam, planner):
    draft = waiting(exam, planner, "Kandidatnr.;Sted;Ås\n1;V1;x\n".encode("cp1252"))
    kept = {"remember": "on", "remember_as": "F", "remember_for": "everybody"}
    assign(browser, draft, c0="candidate_id", c1="room", c2="", **kept)
    now = {"delimiter": ";", "header": "1", "encoding": "Mac Roman"}
    assert browser.post(at("read-import-again", draft), now).status_code == 302
    draft.refresh_from_db()
    assert [column[2] for column in draft.columns] == ["candidate_id", "room", ""]
    assert (draft.remember_as, draft.is_for_everybody) == ("F", True)
    answer = browser.post(at("read-import-again", draft), {**now, "delimiter": ","}, follow=True)
    assert "It has other columns now: say again what they are read as." in plain(answer)
    draft.refresh_from_db()
    assert draft.remember_as == ""


def test_a_format_that_ignores_what_we_would_read_says_so(browser, exam, planner):
    ListFormat.objects.create(
        kind="one_time", name="F", owner=planner, fields={"kandidatnr": "candidate_id", "ekstratid": ""}
    )
    draft = send(browser, exam, "Kandidatnr.;Ekstratid\n1;30\n")
    assert "The format “F” ignores “Ekstratid”, which we would read." in plain(browser.get(at("import-preview", draft)))


def test_a_format_is_ones_own_unless_somebody_shares_it(browser, exam):
    text = browser.get(at("import-preview", send(browser, exam, "Kandidatnr.;Merke\n1;x\n"))).content.decode()
    assert '<option value="me" selected>' in text


def test_cells_past_the_headings_of_a_few_rows_are_asked_about_until_somebody_chooses(browser, exam):
    rows = "".join(f"{number};R{number};\n" for number in range(2, 9))
    draft = send(browser, exam, f"Kandidatnr.;Rom;\n1;R1;30\n{rows}")
    text = plain(browser.get(at("import-preview", draft)))
    assert "Only in a few rows" in text
    assert "more cells than the list has columns" in text
    assign(browser, draft, c0="candidate_id", c1="room", c2="ask")
    assert "more cells than the list has columns" in plain(browser.get(at("import-preview", draft)))
    assign(browser, draft, c0="candidate_id", c1="room", c2="extra_time")
    press(browser, draft)
    assert Candidate.objects.get(candidate_id="1").extra_minutes == 30


def test_fixed_rows_without_a_column_of_the_list_change_nothing(browser, exam):
    draft = send(browser, exam, "Kandidatnr.;Rom;Ekstratid\n1;R1;x\n")
    content = browser.post(at("download-wrong-rows", draft)).content.decode("utf-8-sig").replace("Rom", "Romm")
    answer = browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile("x.csv", content.encode())})
    assert answer.status_code == 422
    assert "The file has no column Room any more. Keep the headings as they were downloaded." in plain(answer)


def test_a_column_without_a_heading_keeps_what_it_was_chosen_to_be(browser, exam):
    draft = send(browser, exam, "Kandidatnr.;;Ekstratid\n1;V1;x\n2;V2;\n")
    assign(browser, draft, c0="candidate_id", c1="room", c2="extra_time")
    content = browser.post(at("download-wrong-rows", draft)).content.decode("utf-8-sig")
    content = content.replace(";V1;x;", ";V9;30;")
    browser.post(at("upload-mended-rows", draft), {"file": SimpleUploadedFile("x.csv", content.encode())})
    press(browser, draft)
    assert str(Candidate.objects.get(candidate_id="1").location) == "V9"

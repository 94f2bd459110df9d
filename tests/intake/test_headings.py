"""The headings that planners write, and the row that a person says is the header (D13, C36)."""

import pytest

from candidates.intake.assigning import refusal_of
from candidates.intake.columns import Mapped, MappedRow, map_columns
from candidates.intake.headings import ONE_TIME, SSO, field_of, fold_heading
from candidates.intake.reading import read_paste, read_upload
from candidates.tabular.table import UnreadableFile
from tests.intake.samples import workbook

CANDIDATE_ID = [
    *("Candidate ID", "Candidate No.", "candidate nr", "Candidate code", "Cand. no", "Cand.nr.", "Candidate number"),
    *("Kandidatnr.", "Kand.nr", "Kand. nr.", "Kandidat nr", "Kandidat-nummer", "Kand.-ID", "Kandidatkode"),
    *("Anonymkode", "Anonymt nummer", "Anonymitetsnummer", "Kandidatnummer (anonymt)", "KANDIDATNUMMER:"),
    *("Anonymkod", "Anonymitetskod", "Anonym kod", "Kandidatkod", "Kand.kod", "Anonymous code", "Anonymous ID"),
    *("Candidate", "Kandidat", "Kand.nummer", "Kandidaten-Nr.", "Anonymitetskode", "Anonymnummer", "Anonymous number"),
]
EXTRA_TIME = [
    *("Extra time", "Extra time in minutes", "Additional time (min)", "Time extension", "Extended time", "Extra mins"),
    *(
        "Ekstratid",
        "Ekstratid (min)",
        "Ekstra tid min.",
        "Ekstratid i minutter",
        "Tilleggstid",
        "Tilleggstid, minutter",
    ),
    *("Forlenget tid", "Forlenget eksamenstid", "Utvidet tid (min)", "Tidsforlengelse", "Ekstra minutter"),
    *("Forlenga tid", "Ekstra minutt", "Utvida eksamenstid", "Lengre tid", "Ekstratid i minutt", "Tidsforlenging"),
    *(
        "Förlängd skrivtid",
        "Extra skrivtid",
        "Förlängd tid (min)",
        "Utökad skrivtid",
        "Extratid i minuter",
        "Tilläggstid",
    ),
    *("Fo\u0308rla\u0308ngd skrivtid", "Zusatzzeit Min.", "Zeitzuschlag in Minuten"),
    *("Extra minutes", "Additional minutes", "Tilleggsminutter", "Tilleggsminutt", "Extra minuter", "Tidstillegg"),
    *("Extra exam time", "Additional exam time", "Ekstra eksamenstid", "Ekstra skrivetid", "Forlenget skrivetid"),
    *("Utvidet eksamenstid", "Forlenga eksamenstid", "Forlengd tid", "Utvida tid", "Extra provtid", "Förlängd provtid"),
    *("Utökad tid (minuter)", "Extrazeit Minuten", "Schreibzeitverlängerung"),
]
SSO_USER_ID = [
    *("SSO user ID", "SSO-username", "ePPN", "eduPersonPrincipalName", "UPN", "User Principal Name"),
    *("Feide-ID", "Feidenavn", "Feide-brukerID", "SSO-brukernavn", "Bruker-ID"),
    *("Feidenamn", "Feide-brukar", "SSO-brukar-ID", "Brukar-ID", "Användar-ID", "SSO-användarnamn"),
    *("SSO user", "SSO ID", "User ID", "SSO-bruker", "Feide-bruker", "Feide-brukar-ID", "SSO-brukar", "SSO-brukarnamn"),
    *("SSO-användar-ID", "SSO-användare", "SSO-Benutzer-ID", "SSO-Benutzer", "Benutzer-ID", "SSO-Benutzerkennung"),
]
BUILDING = [
    *("Building", "Building name", "Bygning", "Bygg", "Bygningsnavn", "Bygningsnamn", "Byggnad", "Hus", "Gebäude"),
    *("Byggnavn", "Byggnamn", "Byggnadsnamn"),
]
ROOM = [
    *("Room", "Room no.", "Exam room", "Rom", "Romnr.", "Romnummer", "Eksamensrom", "Eksamenslokale", "Romnamn"),
    *("Rum", "Rumsnr", "Sal", "Skrivsal", "Tentamenssal", "Lokal"),
    *("Room name", "Room number", "Romnavn", "Lokale", "Skrivesal", "Rumsnamn", "Rumsnummer", "Tentasal"),
    *("Raum", "Raumnummer", "Saal"),
]
NAME = [
    *("Name", "Full name", "Student name", "Candidate name", "Navn", "Kandidatnavn", "Namn", "Kandidatnamn"),
    *("Fornavn", "Etternavn", "Förnamn", "Efternamn", "First name", "Surname", "Vorname", "Nachname"),
]
PRIVATE_REFERENCE = [
    *("Student number", "Student no.", "Student ID", "Studentnummer", "Studentnr.", "Matrikelnummer"),
    *("Private reference", "Privat referanse"),
]
SEAT = ["Seat", "Seat no.", "Plass", "Plassnr.", "Plats", "Sitzplatz"]
# Of these somebody has to say what they are: user names, addresses, and numbers that name a person for life.
OF_A_PERSON = [
    *("Username", "Brukernavn", "Feide-post", "Brukarnamn", "Födelsenummer", "Personnummer", "Fødselsnummer"),
    *("Användarnamn", "E-post", "E-mail", "Email", "Ladok-ID", "Number"),
]


def mapped(text: str, spec=ONE_TIME, **others) -> Mapped:
    return map_columns(read_paste(text), spec, **others)


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        *(("candidate_id", heading) for heading in CANDIDATE_ID),
        *(("extra_time", heading) for heading in EXTRA_TIME),
        *(("sso_user_id", heading) for heading in SSO_USER_ID),
        *(("building", heading) for heading in BUILDING),
        *(("room", heading) for heading in ROOM),
        *(("name", heading) for heading in NAME),
        *(("private_reference", heading) for heading in PRIVATE_REFERENCE),
        *(("seat", heading) for heading in SEAT),
        *(("problem", heading) for heading in ("Problem", "What is wrong?", "Feil", "Fel", "PROBLEM:")),
    ],
)
def test_a_heading_that_planners_write_is_known(name, heading):
    assert field_of(heading) == name


@pytest.mark.parametrize("heading", [*OF_A_PERSON, *NAME, *PRIVATE_REFERENCE])
def test_what_tells_who_somebody_is_never_becomes_a_candidate_id(heading):
    alone = mapped(f"{heading};Ekstra tid\n1001;30\n1002;\n")
    assert "candidate_id" not in alone.fields
    assert refusal_of(alone.columns, ONE_TIME) == (
        "No column is read as Candidate ID: choose it. Then press “Read it again”."
    )
    beside = mapped(f"Kandidatnr.;{heading}\n1001;Kari\n1002;\n")
    assert [row.values["candidate_id"] for row in beside.rows] == ["1001", "1002"]
    assert (heading in beside.left_out) == (heading in OF_A_PERSON)


@pytest.mark.parametrize("heading", ["Brukernavn", "Brukarnamn", "Användarnamn", "Benutzername", "Username"])
def test_in_a_list_of_user_names_alone_somebody_has_to_say_what_they_are(heading):
    found = mapped(f"{heading}\nolan\nkarin\n")
    assert (found.header_row, found.fields, found.left_out) == (1, (), (heading,))


def test_headings_of_a_place_alone_are_a_header():
    assert mapped("Hus;Sal\nNord;Aula\n").header_row == 1


def test_a_heading_without_an_end_is_not_known_and_costs_nothing():
    assert fold_heading("(" * 10_000) == ""
    assert field_of("Candidate ID" + " " * 300) == "candidate_id"
    assert field_of("Candidate ID (" + "x" * 300 + ")") is None


def test_a_chosen_row_is_the_header_and_all_above_it_is_left_out():
    text = "0001;30\n\nKandidatnr.;Ekstratid\n0002;15\n"
    with pytest.raises(UnreadableFile, match="row 1 above it holds a candidate"):
        mapped(text)
    found = mapped(text, header=3)
    assert (found.header_row, found.skipped, found.total) == (3, (1,), 1)
    assert found.rows == (MappedRow(4, {"candidate_id": "0002", "extra_time": "15"}),)


def test_a_header_far_down_can_be_chosen():
    text = "note\n" * 20 + "Ekstratid;Kandidatnr.\n30;0001\n;0002\n"
    found = map_columns(read_upload(text.encode(), "x.csv"), ONE_TIME, header=21)
    assert [row.values["candidate_id"] for row in found.rows] == ["0001", "0002"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (2, "Row 2 is empty or not there. Choose the row with the headings"),
        (99, "Row 99 is empty or not there. Choose the row with the headings"),
        (0, "Row 0 is empty or not there. Choose the row with the headings"),
        (5, "There is a header, but no row with a candidate under it."),
    ],
)
def test_a_chosen_header_that_does_not_fit_is_refused_with_its_row(row, words):
    text = "Kandidatnr.;Ekstratid\n\n0001;30\nEkstratid;Tilleggstid\nKandidatnr.;Ekstratid\n"
    with pytest.raises(UnreadableFile) as refused:
        mapped(text, header=row)
    assert words in refused.value.message
    assert refused.value.line == row


def test_a_list_without_a_header_is_data_from_its_first_row_where_a_person_says_so():
    text = "Hus\n0001\n0002\n0003\n"
    assert mapped(text).fields == ("building",)
    found = mapped(text, header=None)
    assert (found.header_row, found.skipped, found.total) == (None, (), 4)
    assert found.rows[0] == MappedRow(1, {"candidate_id": "Hus", "extra_time": ""})
    assert [row.values["candidate_id"] for row in mapped("Eksamen X\n1\n2\n", header=None).rows] == [
        "Eksamen X",
        "1",
        "2",
    ]


def test_without_a_header_the_columns_that_must_be_there_are_there_and_others_are_ignored():
    with pytest.raises(UnreadableFile, match="only one column"):
        mapped("0001\n0002\n", SSO, header=None)
    found = mapped("Candidate ID;30;x\n1;15;y\n", ONE_TIME, header=None)
    assert [(one.field, one.why) for one in found.columns] == [
        ("candidate_id", "order"),
        ("extra_time", "order"),
        ("", "empty"),
    ]
    assert found.rows[1].surplus == ""


def test_the_column_with_the_problem_is_left_out_and_tells_which_row_is_mended():
    text = (
        "Kandidatnr.;Problem;Ekstratid\n"
        "0001;Row 17: Write whole minutes, like 30.;30\n"
        "0002;Rad 4: Skriv heile minutt. Row 9: x;\n"
        "0003;;15\n0004;Write whole minutes.;\n0005;17: x;\n0006;see Row 17: x;\n0007;Row 12345678: x\n0008\n"
    )
    found = mapped(text)
    assert found.fields == ("candidate_id", "extra_time")
    assert found.left_out == ()
    assert found.rows[0] == MappedRow(2, {"candidate_id": "0001", "extra_time": "30"}, mends=17)
    assert [row.mends for row in found.rows] == [17, 4, 0, 0, 0, 0, 0, 0]
    assert {row.surplus for row in found.rows} == {""}


def test_a_column_with_the_problem_does_for_a_list_of_ids_and_in_a_workbook():
    assert mapped("Kandidatnr.;Feil\n0001;Rad 3: x\n").rows == (MappedRow(2, {"candidate_id": "0001"}, mends=3),)
    table = read_upload(workbook([["Problem", "Candidate ID"], ["Row 5: Write a Candidate ID.", "0001"]]), "x")
    assert map_columns(table, ONE_TIME).rows == (MappedRow(2, {"candidate_id": "0001"}, mends=5),)


def test_of_two_columns_with_the_problem_the_last_one_is_ours():
    found = mapped("Kandidatnr.;Problem;Feil\n0001;Row 3: x;Row 5: y\n")
    assert (found.rows[0].mends, refusal_of(found.columns, ONE_TIME)) == (5, "")


@pytest.mark.parametrize("word", ["Feil", "Problem", "Fel"])
def test_the_heading_of_the_problem_alone_makes_no_header(word):
    assert mapped(f"{word}\nabc\ndef\n").header_row is None


def test_the_row_that_is_mended_survives_being_stored_and_older_lists_load():
    row = MappedRow(7, {"candidate_id": "x"}, {}, "", 17)
    assert row.as_json() == [7, {"candidate_id": "x"}, {}, "", 17]
    assert MappedRow.from_json(row.as_json()) == row
    assert MappedRow.from_json([7, {"candidate_id": "x"}, {}, "more"]) == MappedRow(
        7, {"candidate_id": "x"}, {}, "more"
    )

"""What is prepared for people who join by test code: lists of it, by hand, given at joining, undone, erased."""

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from candidates.errors import Refused
from candidates.intake.columns import map_columns
from candidates.intake.door import add_candidates
from candidates.intake.drafts import keep_draft
from candidates.intake.findings import CandidateRow
from candidates.intake.headings import PREPARED
from candidates.intake.importing import NotAdded, Report, confirm, preview
from candidates.intake.mending import PreviewAction, mend
from candidates.intake.prepared import give_prepared
from candidates.intake.prepared_undoing import undo_prepared
from candidates.intake.preparing import CellsRefused, change_prepared, prepare, remove_prepared
from candidates.intake.reading import read_paste
from candidates.lifecycle.erasing import delete
from candidates.lifecycle.everything_about import _prepared
from candidates.lifecycle.retention import delete_aged
from candidates.models import AuditEvent, Candidate, Import, Location, PreparedPerson, SsoIdentity, Test, User
from tests.factories import add, make_permanent

pytestmark = pytest.mark.django_db
HEAD = "SSO user ID;Extra time;Candidate ID;Name;Building;Room;Seat;Reference\n"


def waiting(test: Test, by: User, text: str, slug: str = "campus", **fields: Any) -> Import:
    """Paste a list of prepared people, which waits."""
    table = read_paste(text)
    mapped = map_columns(table, PREPARED)
    draft = keep_draft(
        test=test,
        by=by,
        kind="prepared",
        table=table,
        mapped=mapped,
        data=text.encode(),
        file_name="",
        authentication_type=slug,
    )
    for name, value in fields.items():
        setattr(draft, name, value)
    draft.save()
    return draft


def confirmed(test: Test, by: User, text: str, slug: str = "campus", **fields: Any) -> Import:
    draft = waiting(test, by, text, slug, **fields)
    report = preview(draft)
    assert not report.problems, report.problems
    confirm(draft, by=by, seen=report.seen(test))
    return Import.objects.get(pk=draft.pk)


def said(report: Report) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.message) for one in report.problems]


def sso_user(sso_user_id: str, slug: str = "campus") -> User:
    user = User.objects.create(username=f"sso-{sso_user_id}", kind="sso", password="!")
    SsoIdentity.objects.create(
        user=user, authentication_type=slug, sso_user_id=sso_user_id, sso_key=sso_user_id.casefold()
    )
    return user


def joined(test: Test, user: User) -> Candidate:
    """Come on the test as somebody who joins does."""
    identity = user.sso_identities.first()
    row = (
        CandidateRow(1, "", 0, sso_user_id=identity.sso_user_id, authentication_type=identity.authentication_type)
        if identity
        else CandidateRow(1, "", 0, account=user.pk)
    )
    given = give_prepared(test, [row], [user])
    add_candidates(test=test, rows=given.rows, by=user, source="test_code")
    candidate = Candidate.objects.get(test=test, user=user)
    given.note_joined(test, {user.pk: candidate.pk}, by=user)
    return candidate


def test_a_list_by_sso_user_id_is_stored_with_all_its_columns_and_adds_nobody(exam: Test, planner: User) -> None:
    record = confirmed(
        exam, planner, HEAD + "Kari@Uni.example;30;K7;Aas, Kari;Vesthall;V101;12;S-1\nola@uni.example;25 %;;;;;;\n"
    )
    kari, ola = PreparedPerson.objects.all()
    assert (kari.person, kari.person_key, kari.authentication_type) == (
        "Kari@Uni.example",
        "kari@uni.example",
        "campus",
    )
    assert (kari.extra_minutes, kari.candidate_id, kari.name, kari.seat) == (30, "K7", "Aas, Kari", "12")
    assert (str(kari.location), kari.private_reference, kari.imported_by) == ("Vesthall V101", "S-1", record)
    assert (ola.extra_minutes, ola.candidate_id) == (exam.percent_base_minutes // 4, "")
    assert (record.added, Candidate.objects.count()) == (2, 0)
    assert AuditEvent.objects.get(action="prepared_added").count == 2


@pytest.mark.parametrize("heading", ["Username", "Brukernavn", "Användarnamn", "Benutzername", "Brukarnamn", "User ID"])
def test_a_list_by_user_name_is_read_in_four_languages_and_says_who_is_unknown(
    exam: Test, planner: User, heading: str
) -> None:
    make_permanent("Kari", "Aas", username="kari.aas")
    draft = waiting(exam, planner, f"{heading},Extra time\nKari.Aas,30\nnobody,15\n", "")
    report = preview(draft)
    assert [(one.row, one.kind, one.cell) for one in report.warnings] == [(3, "unknown", "nobody")]
    assert [one.sso_user_id for one in report.ready] == ["Kari.Aas", "nobody"]


def test_all_problems_of_all_rows_are_told_at_once(exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    Candidate.objects.update(seat="1")
    prepare(test=exam, slug="", values={"sso_user_id": "per", "candidate_id": "P1", "seat": "9"}, by=planner)
    report = preview(
        waiting(
            exam,
            planner,
            HEAD
            + "a@uni.example;½ h;;;;;;\n"
            + "b@uni.example;;0001;;;;;\n"
            + "c@uni.example;;p1;;;;;\n"
            + "d@uni.example;;;;;;1;\n"
            + "e@uni.example;;;;;;9;\n"
            + "f@uni.example;;X1;;;;5;\n"
            + "g@uni.example;;x1;;;;;\n"
            + "h@uni.example;;;;;;5;\n"
            + "A@uni.example;;;;;;;\n"
            + ";;;;;;;\n"
            + ";30;;Ola;;;;\n",
        )
    )
    found = {(row, column) for row, column, _message in said(report)}
    assert found == {
        (2, "extra_time"),
        (3, "candidate_id"),
        (4, "candidate_id"),
        (5, "seat"),
        (6, "seat"),
        (8, "candidate_id"),
        (9, "seat"),
        (10, "sso_user_id"),
        (12, "sso_user_id"),
    }
    words = {row: message for row, _column, message in said(report)}
    assert words[3] == "0001 is already on this test."
    assert words[4] == "P1 is prepared for per."
    assert "per has this seat" in words[6]


def test_who_is_on_the_test_or_works_on_it_is_a_problem(exam: Test, planner: User) -> None:
    user = sso_user("on@uni.example")
    joined(exam, user)
    SsoIdentity.objects.create(user=planner, authentication_type="campus", sso_user_id="pl", sso_key="pl")
    report = preview(waiting(exam, planner, "User ID,Extra time\non@uni.example,5\npl,5\n"))
    assert [row for row, _column, _message in said(report)] == [2, 3]
    assert "already on the test as candidate 0001" in said(report)[0][2]


def test_more_than_1500_are_refused_as_a_whole(exam: Test, planner: User) -> None:
    PreparedPerson.objects.bulk_create(
        PreparedPerson(test=exam, authentication_type="campus", person=f"p{n}", person_key=f"p{n}") for n in range(1499)
    )
    report = preview(waiting(exam, planner, "User ID,Extra time\na@uni.example,5\nb@uni.example,5\n"))
    assert "2 are too many: something can be prepared for 1 more" in report.refusal
    assert not report.can_be_added


def test_who_is_prepared_already_is_asked_about_and_a_blank_cell_erases_nothing(exam: Test, planner: User) -> None:
    confirmed(exam, planner, HEAD + "kari@uni.example;30;K7;Kari;;V101;12;S-1\nola@uni.example;;O1;;;;3;\n")
    text = HEAD + "kari@uni.example;45;;;;;3;\nola@uni.example;;;;;V101;12;\n"
    assert preview(waiting(exam, planner, text)).must_choose
    changes = confirmed(exam, planner, text, existing="update")
    kari, ola = PreparedPerson.objects.all()
    # they changed seats with each other, and each kept what its cells did not say
    assert (kari.extra_minutes, kari.candidate_id, kari.seat, str(kari.location)) == (45, "K7", "3", "V101")
    assert (ola.candidate_id, ola.seat, str(ola.location)) == ("O1", "12", "V101")
    assert (changes.updated, changes.added) == (2, 0)
    undo_prepared(record=changes, by=planner)
    kari, ola = PreparedPerson.objects.all()
    assert (kari.extra_minutes, kari.seat, ola.seat, ola.location) == (30, "12", "3", None)


def test_undoing_a_list_leaves_who_has_joined_and_what_was_changed_by_hand(exam: Test, planner: User) -> None:
    first = confirmed(exam, planner, "User ID,Extra time\na@uni.example,5\nb@uni.example,5\n")
    second = confirmed(
        exam, planner, "User ID,Extra time\na@uni.example,9\nb@uni.example,9\nc@uni.example,9\n", existing="update"
    )
    by_hand = PreparedPerson.objects.get(person="b@uni.example")
    change_prepared(prepared=by_hand, values={"extra_time": "11"}, by=planner)
    joined(exam, sso_user("c@uni.example"))
    found = undo_prepared(record=second, by=planner)
    assert [len(found.removed), len(found.restored), len(found.joined), found.kept] == [0, 1, 1, 1]
    assert dict(PreparedPerson.objects.values_list("person", "extra_minutes")) == {
        "a@uni.example": 5,
        "b@uni.example": 11,
        "c@uni.example": 9,
    }
    with pytest.raises(Refused, match="undone already"):
        undo_prepared(record=second, by=planner)
    undo_prepared(record=first, by=planner)
    assert PreparedPerson.objects.get().person == "c@uni.example"
    assert AuditEvent.objects.filter(action="import_undone").count() == 2


def test_a_wrong_cell_is_mended_in_the_preview(exam: Test, planner: User) -> None:
    from candidates.intake.findings import Typed

    draft = waiting(exam, planner, "User ID,Extra time\na@uni.example,1:30\n")
    mend(draft, [Typed(2, "extra_time", "90", "1:30")], PreviewAction())
    draft = Import.objects.get(pk=draft.pk)
    report = preview(draft)
    confirm(draft, by=planner, seen=report.seen(exam))
    assert PreparedPerson.objects.get().extra_minutes == 90


def test_a_list_that_was_changed_by_others_meanwhile_is_not_stored(exam: Test, planner: User) -> None:
    draft = waiting(exam, planner, HEAD + "a@uni.example;;A1;;;;;\n")
    seen = preview(draft).seen(exam)
    add(exam, planner, "A1")
    with pytest.raises(NotAdded):
        confirm(draft, by=planner, seen=seen)
    assert not PreparedPerson.objects.exists()


def test_one_person_is_prepared_changed_and_removed_by_hand(exam: Test, planner: User) -> None:
    kari = prepare(test=exam, slug="campus", values={"sso_user_id": "kari@uni.example", "extra_time": "30"}, by=planner)
    with pytest.raises(CellsRefused) as refused:
        prepare(test=exam, slug="campus", values={"sso_user_id": "KARI@uni.example"}, by=planner)
    assert "prepared for this person already" in refused.value.problems[0].message
    change_prepared(prepared=kari, values={"candidate_id": "K1", "room": "V101", "seat": "4"}, by=planner)
    kari.refresh_from_db()
    assert (kari.extra_minutes, kari.candidate_id, str(kari.location), kari.seat) == (0, "K1", "V101", "4")
    change_prepared(prepared=kari, values={"candidate_id": "K1", "seat": "4"}, by=planner)  # clashes with no one
    remove_prepared(prepared=kari, by=planner)
    assert not PreparedPerson.objects.exists()
    acts = AuditEvent.objects.filter(action__startswith="prepared").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["prepared_added", "prepared_changed", "prepared_changed", "prepared_removed"]


def test_who_joins_gets_all_that_is_prepared_by_any_of_their_user_ids(exam: Test, planner: User) -> None:
    confirmed(exam, planner, HEAD + "kari@uni.example;30;K7;Aas, Kari;Vesthall;V101;12;S-1\n")
    user = sso_user("first@uni.example", "campus")
    SsoIdentity.objects.create(
        user=user, authentication_type="campus", sso_user_id="Kari@uni.example", sso_key="kari@uni.example"
    )
    candidate = joined(exam, user)
    assert (candidate.candidate_id, candidate.extra_minutes, candidate.seat) == ("K7", 30, "12")
    assert (candidate.name, candidate.private_reference, str(candidate.location)) == (
        "Aas, Kari",
        "S-1",
        "Vesthall V101",
    )
    row = PreparedPerson.objects.get()
    assert (row.joined_as, row.joined_at is not None, row.missed) == (candidate, True, "")
    with pytest.raises(Refused, match="has joined as K7"):
        change_prepared(prepared=row, values={}, by=planner)
    with pytest.raises(Refused, match="has joined as K7"):
        remove_prepared(prepared=row, by=planner)


def test_a_permanent_user_gets_what_is_prepared_by_user_name_however_it_is_typed(exam: Test, planner: User) -> None:
    person = make_permanent("Kari", "Aas", username="kari.aas")
    made = make_permanent("Ola", "Dahl", username="6czep34v")
    prepare(test=exam, slug="", values={"sso_user_id": "KARI.Aas", "extra_time": "15"}, by=planner)
    prepare(test=exam, slug="", values={"sso_user_id": "6cze-p34v", "extra_time": "20"}, by=planner)
    assert joined(exam, person.user).extra_minutes == 15
    assert joined(exam, made.user).extra_minutes == 20


def test_what_somebody_else_has_by_then_keeps_nobody_out_and_the_planner_is_told(exam: Test, planner: User) -> None:
    prepare(
        test=exam,
        slug="campus",
        values={"sso_user_id": "kari@uni.example", "candidate_id": "0009", "seat": "1", "extra_time": "30"},
        by=planner,
    )
    add(exam, planner, "0009")
    Candidate.objects.update(seat="1")
    candidate = joined(exam, sso_user("kari@uni.example"))
    assert (candidate.candidate_id, candidate.seat, candidate.extra_minutes) == ("0010", "", 30)
    assert PreparedPerson.objects.get().missed == "candidate_id seat"
    told = AuditEvent.objects.get(action="prepared_missed")
    assert (told.test, told.count) == (exam, 1)


def test_no_generated_candidate_id_is_one_that_is_prepared_for_somebody(exam: Test, planner: User) -> None:
    prepare(test=exam, slug="campus", values={"sso_user_id": "kari@uni.example", "candidate_id": "0001"}, by=planner)
    assert joined(exam, sso_user("ola@uni.example")).candidate_id == "0002"
    assert joined(exam, sso_user("kari@uni.example")).candidate_id == "0001"


def test_who_is_removed_and_comes_again_gets_it_again(exam: Test, planner: User) -> None:
    prepare(test=exam, slug="campus", values={"sso_user_id": "kari@uni.example", "candidate_id": "K1"}, by=planner)
    user = sso_user("kari@uni.example")
    joined(exam, user).delete()
    assert PreparedPerson.objects.get().joined_as is None
    assert joined(exam, user).candidate_id == "K1"


def test_it_is_part_of_everything_about_the_person_and_goes_with_the_account(exam: Test, planner: User) -> None:
    person = make_permanent("Kari", "Aas", username="kari.aas")
    prepare(test=exam, slug="", values={"sso_user_id": "kari.aas", "extra_time": "15"}, by=planner)
    (row,) = _prepared(person.user)
    assert (row["test"], row["person"], row["extra_minutes"]) == (exam.name, "kari.aas", 15)
    json.dumps(row, default=str)
    delete(person=person, by=planner)
    assert not PreparedPerson.objects.exists()


def test_names_go_when_their_time_is_over_and_with_them_who_never_came(
    exam: Test, planner: User, settings: Settings
) -> None:
    confirmed(exam, planner, HEAD + "kari@uni.example;;;Kari;;;;S-1\nola@uni.example;;;Ola;;;;S-2\n")
    confirmed(exam, planner, HEAD + "kari@uni.example;;;Kari Aas;;;;S-3\n", existing="update")
    joined(exam, sso_user("kari@uni.example"))
    Test.objects.update(opens_at="2020-01-01T09:00Z", ends_at="2020-01-01T10:00Z")
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "private_references": 1}
    delete_aged()
    kept = PreparedPerson.objects.get()
    assert (kept.person, kept.name, kept.private_reference) == ("kari@uni.example", "", "")
    assert (kept.before["name"], kept.before["private_reference"]) == ("", "")


def test_rooms_that_are_merged_take_it_along(exam: Test, planner: User) -> None:
    from candidates.lifecycle.merging_rooms import merge_rooms

    confirmed(exam, planner, HEAD + "a@uni.example;;;;;V101;1;\nb@uni.example;;;;;V102;1;\n")
    source, target = Location.objects.get(room="V101"), Location.objects.get(room="V102")
    merge_rooms(source=source, target=target, by=planner)
    assert list(PreparedPerson.objects.values_list("location", "seat")) == [(target.pk, ""), (target.pk, "1")]


def test_it_goes_with_the_test_and_never_to_a_copy(exam: Test, planner: User) -> None:
    confirmed(exam, planner, "User ID,Extra time\na@uni.example,5\n")
    test = Test.objects.get(pk=exam.pk)
    test.imports.all().delete()
    assert PreparedPerson.objects.get().imported_by is None
    test.delete()
    assert not PreparedPerson.objects.exists()

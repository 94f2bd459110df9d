"""Waiting lists: one owner, one test, an end."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import Http404

from candidates.access import draft_of
from candidates.intake.columns import map_columns
from candidates.intake.drafts import DraftGone, claim, expire, keep_draft, pasted_rows, rows_read
from candidates.intake.headings import ONE_TIME
from candidates.intake.reading import read_paste, read_upload
from candidates.models import Import
from candidates.tabular.hidden import HIDDEN
from tests.factories import make_test
from tests.intake.samples import sample


def keep(test, by, data=b"Candidate ID;Extra time\n0001;30\n0002;\n", name="list.csv"):
    table = read_upload(data, name)
    return keep_draft(
        test=test, by=by, kind="one_time", table=table, mapped=map_columns(table, ONE_TIME), data=data, file_name=name
    )


def test_a_draft_gives_back_the_rows_that_were_read(exam, planner):
    data = "Kandidat-ID;Extra tid\nÅse;30\n".encode("cp1252")
    draft = keep(exam, planner, data)
    draft.refresh_from_db()
    assert list(rows_read(draft)) == list(map_columns(read_upload(data, ""), ONE_TIME).rows)
    assert (draft.encoding, draft.delimiter, draft.header_row) == ("Windows-1252", ";", 1)
    assert draft.letters_to_confirm == ["Åse"]


def test_the_newest_five_lists_of_a_person_wait_and_older_ones_go(exam, planner, colleague):
    theirs = keep(exam, colleague)
    elsewhere = keep(make_test(planner=planner, name="CHE1100"), planner)
    mine = [keep(exam, planner) for _number in range(7)]
    kept = {draft.pk for draft in (theirs, elsewhere, *mine[2:])}
    assert set(Import.objects.values_list("pk", flat=True)) == kept


PASTED = [
    "0001\t30\n0002\t\n",
    "0001\n0002\n\n0004\n",
    "Candidate ID\n0001\n0002\n",
    "Ekstra tid;Kandidatnummer\n30;0001\n;0002\n",
    "Exam in the hall\n\nCandidate ID,Extra time\n0001,30\n\n0002,\n",
    "Hansen, Kari,30\n0002,,\n0003,15\n0004,\n",
    '0001;30\n"two\nlines";15\n"semi;colon";\n"a ""word""";5\n',
    "0001,30\n00\u202e02,\n00\x0003,x\n",
]


@pytest.mark.parametrize("text", PASTED)
def test_pasted_rows_come_back_as_a_text_that_gives_the_same_rows_with_the_same_numbers(exam, planner, text):
    mapped = map_columns(read_paste(text), ONE_TIME)
    draft = keep_draft(
        test=exam, by=planner, kind="one_time", table=read_paste(text), mapped=mapped, data=text.encode(), file_name=""
    )
    draft.refresh_from_db()
    again = pasted_rows(draft)
    assert not HIDDEN.search(again)
    found = map_columns(read_paste(again), ONE_TIME)
    assert (found.rows, found.header_row) == (mapped.rows, mapped.header_row)


def test_a_file_does_not_come_back_as_pasted_rows(exam, planner):
    assert pasted_rows(keep(exam, planner)) == ""


@pytest.mark.parametrize("name", ["nul.csv", "surrogate_pasted"])
def test_what_a_database_cannot_store_waits_spelt_out(exam, planner, name):
    table = read_upload(sample(name), name) if name == "nul.csv" else read_paste("0001,30\n0002,5\n00\ud80002,\n")
    mapped = map_columns(table, ONE_TIME)
    draft = keep_draft(test=exam, by=planner, kind="one_time", table=table, mapped=mapped, data=b"", file_name=name)
    draft.refresh_from_db()
    assert list(rows_read(draft))[-1].values["candidate_id"] in ("00‹U+0000›02", "00‹U+D800›02")
    assert list(rows_read(draft))[-1].kinds == {"candidate_id": "hidden"}


def test_a_draft_ends_after_the_hours_of_the_settings(exam, planner, settings):
    settings.DRAFT_HOURS = 5
    draft = keep(exam, planner)
    assert draft.expires_at - draft.created_at == timedelta(hours=5)


def test_an_expired_draft_is_not_found_and_cannot_be_claimed(exam, planner, clock):
    draft = keep(exam, planner)
    clock.move(hours=24, seconds=1)
    with pytest.raises(Http404):
        draft_of(planner, exam, draft.public_id)
    with transaction.atomic(), pytest.raises(DraftGone):
        claim(draft)


def test_expired_drafts_are_deleted_with_the_next_upload_and_by_the_command(exam, planner, colleague, clock):
    keep(exam, colleague)
    clock.move(hours=25)
    assert keep(exam, planner).pk
    assert Import.objects.count() == 1
    clock.move(hours=25)
    out = StringIO()
    call_command("expire_drafts", stdout=out)
    assert out.getvalue() == "1 expired draft deleted.\n"
    assert expire() == 0 == Import.objects.count()


def test_a_long_file_name_is_cut_and_not_refused(exam, planner):
    assert len(keep(exam, planner, name="x" * 300).file_name) == 200


def test_the_database_refuses_a_draft_that_has_ended_before_it_began(exam, planner):
    draft = keep(exam, planner)
    with pytest.raises(IntegrityError, match="import_expires_later"), transaction.atomic():
        Import.objects.filter(pk=draft.pk).update(expires_at=draft.created_at)

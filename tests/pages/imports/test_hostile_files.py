"""Wherever a file can be handed in, one that is no list ends in a sentence, and nothing of it is kept (P6).

What reading it costs is in tests/intake/test_reading_bounds.py.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from candidates.models import Import, ImportChunk, Test, User
from tests.intake.accounts.files import waiting_users
from tests.intake.lists import waiting
from tests.intake.samples import with_sheet
from tests.intake.test_reading_bounds import far_corner

HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "PDF": b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3 0 obj\n" * 99,
    "program": b"MZ\x90\x00\x03" + bytes(range(256)) * 9,
    "page": b"<!DOCTYPE html><html><body><table><tr><td>0001</td></tr></table></body></html>",
    "half of UTF-16": b"\xff\xfe0\x001\x00\x0d",
    "unclosed quote": b'0001\n"0002\n' + b"7,8\n" * 99,
    "10^5 columns": b"7," * 10**5,
    "zip that is none": b"PK\x03\x04" + bytes(200),
    "workbook without its texts": with_sheet('<row r="1"><c r="A1" t="s"><v>99999</v></c></row>'),
    "workbook with a cell at the far corner": far_corner(),
}


Place = Callable[[Test, User, User], tuple[User, str]]


def one_time(exam: Test, planner: User, administrator: User) -> tuple[User, str]:
    return planner, reverse("add-from-file", args=[exam.public_id])


def sso(exam: Test, planner: User, administrator: User) -> tuple[User, str]:
    return planner, reverse("add-from-sso", args=[exam.public_id])


def mended_rows(exam: Test, planner: User, administrator: User) -> tuple[User, str]:
    draft = waiting(exam, planner, "Candidate ID;Extra time\n0001;much\n")
    return planner, reverse("upload-mended-rows", args=[exam.public_id, draft.public_id])


def users(exam: Test, planner: User, administrator: User) -> tuple[User, str]:
    return administrator, reverse("user-import")


def mended_rows_of_users(exam: Test, planner: User, administrator: User) -> tuple[User, str]:
    waits = waiting_users(administrator, "Kari,Nordmann,ka ri,\n")
    return administrator, reverse("user-import-mended-rows", args=[waits.public_id])


def kept() -> tuple[object, object]:
    return list(Import.objects.order_by("pk").values()), list(ImportChunk.objects.order_by("pk").values())


@pytest.mark.parametrize("place", [one_time, sso, mended_rows, users, mended_rows_of_users])
def test_a_file_that_is_no_list_ends_in_a_sentence_wherever_it_is_handed_in(
    place: Place,
    exam: Test,
    planner: User,
    administrator: User,
    sso_offered: None,
    client_of: Callable[[User | None], Client],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    who, address = place(exam, planner, administrator)
    browser, before = client_of(who), kept()

    def hand_in(data: bytes) -> HttpResponse:
        sent = {"file": SimpleUploadedFile("list.csv", data), "authentication_type": "campus"}
        return browser.post(address, sent)  # type: ignore[return-value]

    answers = {name: hand_in(data) for name, data in HOSTILE.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(HOSTILE, 422)
    assert [name for name, answer in answers.items() if b'class="ds-error-summary' not in answer.content] == []
    assert kept() == before
    assert os.listdir(tmp_path) == []

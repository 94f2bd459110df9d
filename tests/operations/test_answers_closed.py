"""What was handed in before answers were closed is closed by the migration, with the digest of its text."""

import hashlib
import importlib

import pytest
from django.apps import apps

from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import Candidate, Submission, Test

close = importlib.import_module("candidates.migrations.0010_answers_stay_as_handed_in").close_what_was_handed_in


def test_what_was_handed_in_is_closed_and_what_is_being_written_is_not(
    open_exam: Test, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("candidates.migrations.0010_answers_stay_as_handed_in.ROWS_AT_ONCE", 1)
    texts = {"0001": "Ødegård 𝒳", "0002": "", "kari": "goes on"}
    for candidate_id, text in texts.items():
        one = Candidate.objects.select_related("test", "user").get(test=open_exam, candidate_id=candidate_id)
        start(candidate=one)
        read = Candidate.objects.select_related("test", "submission").get(pk=one.pk)
        save_answer(candidate=read, answer=text, base_revision=0)
        if candidate_id != "kari":
            submit(candidate=read, answer=None, base_revision=1)
    Submission.objects.update(handed_in_revision=None, digest="")
    close(apps, None)
    for stored in Submission.objects.select_related("candidate"):
        handed_in = stored.candidate.candidate_id != "kari"
        assert stored.answer == texts[stored.candidate.candidate_id]
        assert stored.handed_in_revision == (stored.revision if handed_in else None)
        assert stored.digest == (hashlib.sha256(stored.answer.encode()).hexdigest() if handed_in else "")

"""Every text has a longest length that somebody is told, and what was longer before stays."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from django import forms
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse

from candidates import pages
from candidates.back_office import accounts  # noqa: F401  its forms
from candidates.models import Candidate, Mark, Test, User
from candidates.models.tests import MAX_INFORMATION_LENGTH, MAX_QUESTIONS_LENGTH
from candidates.pages.shared.base import MAX_LINE, DeliverForm
from tests.factories import activated, add

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
TIMES = {
    "opens_at_date": "2099-12-07",
    "opens_at_time": "09:00",
    "ends_at_date": "2099-12-07",
    "ends_at_time": "13:00",
}

# What bounds a text that no constraint and no longest length of its column bounds.
BOUNDED_BY = {
    "Submission.answer": "lifecycle/sitting.py, at each save",
    "AnswerVersion.answer": "a copy of Submission.answer",
    "PermanentUser.search_key": "made of columns that are bounded",
    "AuditEvent.detail": "written by us, of what is bounded",
    "AnsweredCall.answer": "written by us, of a body of MAX_FORM at most",
    "Joining.authentication_types": "slugs of the settings (pages/test_code/forms.py)",
    "Import.mends": "intake/mending.py, MAX_CELL of each cell that the list has",
    "Import.left_out": "numbers of rows that the list has",
    "Import.letters_to_confirm": "five words of the file",
    "Import.columns": "the format; of candidates 65 headings of 200 characters, and 60 characters of three cells each",
    "Import.unticked": "rows and people of a plan (pages/imports/forms.py)",
    "Import.found": "written by us, 50 sheets and 20 merged cells at most",
    "ListFormat.fields": "65 headings, each folded from at most 200 characters",
    "PreparedPerson.before": "a copy of columns that are bounded",
    "Import.report": "written by us, of a file of 50 MiB",
    "Import.problems": "sentences of ours",
    "Session.session_data": "written by us; searches in it are bounded (pages/shared/kept_search.py)",
    "RoomPack.said": "written by us, of 1500 candidates at most",
    "RosterConnection.exam": "one exam, cut by rosters/stored.py",
    "RosterSnapshot.exam": "one exam, cut by rosters/stored.py",
    "RosterSnapshot.people": "MAX_ENROLMENTS people, each refused or cut by rosters/stored.py",
    "RosterSnapshot.notices": "sentences of ours, cut by rosters/stored.py",
    "RosterSnapshot.doubts": "sentences of ours, cut by rosters/stored.py",
    "RosterEnrolment.told": "a copy of columns that are bounded",
    "RosterEnrolment.accommodations": "cut by rosters/stored.py",
    "ImportChunk.rows": "a file of 50 MiB",
}
# Texts of several lines that say themselves what is too long.
SAY_IT_THEMSELVES = {("AnswerForm", "answer"), *((form, "paste") for form in ("ListFileForm",))}


def form_classes() -> Iterator[type[forms.BaseForm]]:
    for module in walk_packages(pages.__path__, f"{pages.__name__}."):
        import_module(module.name)
    waiting: list[type[forms.BaseForm]] = [DeliverForm]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += found.__subclasses__()


def test_every_text_of_several_lines_says_how_long_it_may_be() -> None:
    unbounded = {
        (form.__name__, name)
        for form in form_classes()
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.CharField) and isinstance(field.widget, forms.Textarea) and field.max_length is None
    }
    of_lists = ("ImportFileForm", "SsoImportForm", "PreparedImportForm", "UserFileForm", "WrongRowsForm", "RoomsForm")
    inherited = {(form, "paste") for form in of_lists}
    assert unbounded - inherited <= SAY_IT_THEMSELVES


def test_a_field_of_one_line_that_says_nothing_takes_a_thousand_characters() -> None:
    class Line(DeliverForm):
        text = forms.CharField()
        hidden = forms.CharField(widget=forms.HiddenInput, required=False)

    long = Line({"text": "x" * (MAX_LINE + 1), "hidden": "y" * 200_001})
    assert long.errors["text"] == ["Use at most 1000 characters. These are 1001."]
    assert "hidden" in long.errors
    assert Line({"text": "x" * MAX_LINE, "hidden": "y" * 200_000}).is_valid()


def test_every_text_that_is_stored_is_bounded() -> None:
    constrained = {"Test.information", "Test.questions", "Mark.comment"}
    found = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("candidates").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField | models.JSONField)
    }
    assert found - constrained <= set(BOUNDED_BY)


@pytest.mark.parametrize(
    ("field", "longest", "words"),
    [("information", MAX_INFORMATION_LENGTH, "10,000"), ("questions", MAX_QUESTIONS_LENGTH, "200,000")],
)
def test_a_text_that_is_too_long_is_refused_with_a_sentence_and_stands_there_again(
    field: str, longest: int, words: str, planner: User, client_of: ClientOf
) -> None:
    text = "é" * (longest + 1)
    response = client_of(planner).post(reverse("new-test"), {"name": "Long", **TIMES, field: text})
    assert response.status_code == 422
    assert f"Use at most {words} characters. These are {longest + 1:,}." in response.content.decode()
    assert text in response.content.decode()
    assert not Test.objects.filter(name="Long").exists()


def test_line_ends_count_as_they_are_stored(planner: User, client_of: ClientOf) -> None:
    lines = "a\r\n" * (MAX_INFORMATION_LENGTH // 2)
    assert client_of(planner).post(reverse("new-test"), {"name": "L", **TIMES, "information": lines}).status_code == 302
    assert len(Test.objects.get(name="L").information) == MAX_INFORMATION_LENGTH - 1  # without spaces around it


@pytest.mark.parametrize(
    ("field", "longest"), [("information", MAX_INFORMATION_LENGTH), ("questions", MAX_QUESTIONS_LENGTH)]
)
def test_the_database_holds_the_bound(exam: Test, field: str, longest: int) -> None:
    Test.objects.filter(pk=exam.pk).update(**{field: "ø" * longest})
    with pytest.raises(IntegrityError, match="test_texts_in_bounds"), transaction.atomic():
        Test.objects.filter(pk=exam.pk).update(**{field: "ø" * (longest + 1)})


def test_a_comment_in_grade_is_bounded_by_the_database(exam: Test, planner: User) -> None:
    (place,) = add(exam, planner, "0001")
    with pytest.raises(IntegrityError, match="mark_comment_in_bounds"), transaction.atomic():
        Mark.objects.create(candidate=place, comment="x" * 10_001, marked_at=exam.created_at)


def test_a_longer_text_from_before_stays_until_it_is_changed(exam: Test, planner: User, client_of: ClientOf) -> None:
    old = "old " * 4000
    Test.objects.filter(pk=exam.pk).update(information=old, has_longer_texts=True)
    client = client_of(planner)
    address = reverse("edit-test", args=[exam.public_id])
    page = client.get(address)
    form = page.context["form"]
    typed = {"name": "Renamed", **TIMES, "information": old, "questions": "", "seen": form.initial["seen"]}
    # as a browser sends it, and as forms take spaces off
    typed["information"] = old.strip()
    shorter = client.post(address, typed)
    assert shorter.status_code == 422
    assert "Use at most 10,000 characters" in shorter.content.decode()

    Test.objects.filter(pk=exam.pk).update(information=old.strip())
    typed["seen"] = client.get(address).context["form"].initial["seen"]
    assert client.post(address, typed).status_code == 302
    exam.refresh_from_db()
    assert (exam.name, exam.information, exam.has_longer_texts) == ("Renamed", old.strip(), True)

    typed |= {"information": "short", "seen": client.get(address).context["form"].initial["seen"]}
    assert client.post(address, typed).status_code == 302
    exam.refresh_from_db()
    assert (exam.information, exam.has_longer_texts) == ("short", False)


def test_a_test_with_a_longer_text_is_activated_and_filled_as_others(exam: Test, planner: User) -> None:
    Test.objects.filter(pk=exam.pk).update(information="x" * 2_000_000, has_longer_texts=True)
    exam.refresh_from_db()
    add(exam, planner, "0001")
    assert activated(exam, planner).is_activated
    assert Candidate.objects.of_test(exam).count() == 1

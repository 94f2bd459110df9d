"""A moment in the institution's zone, and whole numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from candidates.pages.shared.base import DeliverForm
from candidates.pages.shared.fields import DateTimeField, WholeNumberField
from candidates.pages.shared.ticked import TickedForm


class OpensForm(DeliverForm):
    opens = DateTimeField(label="Test opens")


class MinutesForm(DeliverForm):
    minutes = WholeNumberField(label="Minutes", required=False, min_value=0, max_value=2880)


def opens(date, time, **more):
    return OpensForm({"opens_date": date, "opens_time": time, **more})


@pytest.mark.parametrize(
    ("date", "time", "moment"),
    [
        ("2026-12-07", "09:00", datetime(2026, 12, 7, 8, tzinfo=UTC)),
        ("7.12.2026", "9.00", datetime(2026, 12, 7, 8, tzinfo=UTC)),
        ("2026-07-01", "09:00:15", datetime(2026, 7, 1, 7, 0, 15, tzinfo=UTC)),
        ("2028-02-29", "23:59", datetime(2028, 2, 29, 22, 59, tzinfo=UTC)),
        # the hours beside the two nights are nothing special
        ("2027-03-28", "01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28", "03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2026-10-25", "01:59", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        ("2026-10-25", "03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_date_and_a_time_are_a_moment_of_the_institutions_zone(date, time, moment):
    form = opens(date, time)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["opens"] == moment


@pytest.mark.parametrize(
    ("date", "time", "sentence"),
    [
        ("", "", "Write a date and a time."),
        ("2026-12-07", "", "Write the time as well."),
        ("", "09:00", "Write the date as well."),
        ("2027-02-29", "09:00", "That day does not exist. February 2027 has 28 days."),
        ("9999-12-31", "23:59", "Choose a year from 2000 to 2100."),
        ("0001-01-01", "00:00", "Choose a year from 2000 to 2100."),
        ("2026-13-01", "09:00", "Write the date as day.month.year, like 7.12.2026."),
        ("tomorrow", "09:00", "Write the date as day.month.year, like 7.12.2026."),
        ("2026-12-07", "24:00", "Write the time as hours and minutes, like 09:00."),
        ("2026-12-07", "nine", "Write the time as hours and minutes, like 09:00."),
        ("٢٠٢٦-١٢-٠٧", "09:00", "Write the date as day.month.year, like 7.12.2026."),
    ],
)
def test_what_is_not_a_moment_is_refused_with_a_sentence(date, time, sentence):
    assert opens(date, time).errors["opens"] == [sentence]


@pytest.mark.parametrize("time", ["02:00", "02:30", "02:59"])
def test_the_hour_that_the_spring_night_leaves_out_is_refused(time):
    (sentence,) = opens("2027-03-28", time).errors["opens"]
    assert sentence.startswith(f"{time} does not exist that night: the clock goes forward on Sun 28 Mar 2027.")
    assert f"like 03:{time[3:]}" in sentence


def test_the_hour_that_the_autumn_night_has_twice_must_be_chosen():
    form = opens("2026-10-25", "02:30")
    assert form.errors["opens"][0].startswith("02:30 comes twice that night: the clock goes back on Sun 25 Oct 2026.")
    html = form["opens"].as_field_group()
    assert "Use the later 02:30 (winter time)" in html
    assert '<input type="hidden" name="opens_asked" value="2026-10-25 02:30">' in html


@pytest.mark.parametrize(
    ("later", "moment"),
    [
        ({"opens_later": "on"}, datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ({}, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_once_asked_the_box_decides_which_hour_is_meant(later, moment):
    form = opens("2026-10-25", "02:30", opens_asked="2026-10-25 02:30", **later)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["opens"] == moment


def test_an_answer_about_another_time_is_not_taken_for_this_one():
    assert not opens("2026-10-25", "02:45", opens_asked="2026-10-25 02:30").is_valid()


@pytest.mark.parametrize("later", [False, True])
def test_a_stored_moment_of_the_autumn_night_survives_being_shown_and_saved(later):
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(hours=later)
    html = str(OpensForm(initial={"opens": moment})["opens"])
    assert ("checked" in html) is later
    answer = opens("2026-10-25", "02:30", opens_asked="2026-10-25 02:30", **({"opens_later": "on"} if later else {}))
    assert answer.is_valid(), answer.errors
    assert answer.cleaned_data["opens"] == moment


def test_the_question_shows_only_in_that_night():
    html = str(OpensForm(initial={"opens": datetime(2026, 12, 7, 8, tzinfo=UTC)})["opens"])
    assert 'value="2026-12-07"' in html
    assert 'value="09:00"' in html
    assert "later" not in html


def test_what_was_typed_is_shown_again_when_it_is_refused():
    html = str(opens("2027-03-28", "02:30")["opens"])
    assert 'value="2027-03-28"' in html
    assert 'value="02:30"' in html


@pytest.mark.parametrize(("date", "changed"), [("2026-12-07", []), ("2026-12-08", ["opens"]), ("never", ["opens"])])
def test_a_form_knows_whether_the_moment_was_changed(date, changed):
    initial = {"opens": datetime(2026, 12, 7, 8, tzinfo=UTC)}
    assert OpensForm({"opens_date": date, "opens_time": "09:00"}, initial=initial).changed_data == changed


@pytest.mark.parametrize(("text", "number"), [("", None), (" ", None), ("30", 30), (" 30 ", 30), ("0", 0), ("+5", 5)])
def test_whole_numbers_are_read(text, number):
    form = MinutesForm({"minutes": text})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["minutes"] == number


@pytest.mark.parametrize("text", ["30 min", "1e3", "3.5", "1_0", "٣٠", "9" * 2000, "-"])
def test_what_is_no_whole_number_is_refused(text):
    assert MinutesForm({"minutes": text}).errors["minutes"] == ["Write a whole number, like 30."]


def test_numbers_outside_the_range_are_refused():
    assert MinutesForm({"minutes": "-5"}).errors["minutes"] == ["Write 0 or more."]
    for much in ("2881", "9" * 20, "0" * 20 + "2881"):
        assert MinutesForm({"minutes": much}).errors["minutes"] == ["Write 2880 or less."]


@pytest.mark.parametrize(("sent", "ids"), [("ids=3,1,2,1", ["3", "1", "2"]), ("c=3&c=1", ["3", "1"])])
def test_ticks_are_read_with_and_without_the_script(sent, ids):
    form = TickedForm(QueryDict(sent))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["ids"] == ids


def test_select_all_says_how_many_rows_were_shown():
    form = TickedForm(QueryDict("all_matching=1487"))
    assert form.is_valid()
    assert form.cleaned_data["all_matching"] == 1487


@pytest.mark.parametrize("sent", ["", "ids=", "ids=,%20,", "all_matching=0", "all_matching=everybody"])
def test_nothing_ticked_never_means_everybody(sent):
    assert not TickedForm(QueryDict(sent)).is_valid()


def test_more_ticks_than_a_test_can_hold_are_refused():
    assert not TickedForm(QueryDict("ids=" + ",".join(str(n) for n in range(1501)))).is_valid()

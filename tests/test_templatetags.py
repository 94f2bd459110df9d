"""Words for times, counts and states."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.forms import CharField, NullBooleanSelect, Select, SelectMultiple, Widget
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.template import Context, Template
from django.test.html import parse_html
from django.utils import timezone

from candidates import text
from candidates.pages.shared.base import DeliverForm
from candidates.templatetags import deliver

OPENS = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
ENDS = datetime(2026, 12, 7, 12, 0, tzinfo=UTC)


def test_when_shows_weekday_date_and_the_institutions_clock():
    assert text.when(OPENS) == "Mon 7 Dec 2026, 09:00"


def test_the_same_moment_in_another_zone_reads_the_same():
    assert text.when(OPENS.astimezone(ZoneInfo("Asia/Tokyo"))) == text.when(OPENS)


def test_words_follow_the_zone_that_is_switched_on_and_not_what_was_remembered():
    assert text.clock(OPENS) == "09:00"
    with timezone.override("Asia/Tokyo"):
        assert text.clock(OPENS) == "17:00"
        assert text.zone() == "Tokyo time"
    assert text.clock(OPENS) == "09:00"


def test_the_two_half_past_twos_of_the_autumn_night_are_told_apart():
    oslo = ZoneInfo("Europe/Oslo")
    earlier, later = (datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=oslo) for fold in (0, 1))
    assert text.clock(earlier) == "02:30 (summer time)"
    assert text.clock(later) == "02:30 (winter time)"


@pytest.mark.parametrize(
    ("opens", "ends", "words"),
    [
        (OPENS, ENDS, "Mon 7 Dec 2026, 09:00–13:00 Oslo time"),
        (OPENS, OPENS + timedelta(days=1), "Mon 7 Dec 2026, 09:00 – Tue 8 Dec 2026, 09:00 Oslo time"),
        (OPENS, None, "From Mon 7 Dec 2026, 09:00 Oslo time"),
        (None, ENDS, "Until Mon 7 Dec 2026, 13:00 Oslo time"),
        (None, None, ""),
    ],
)
def test_a_span_names_each_date_once(opens, ends, words):
    assert text.span(opens, ends) == words


@pytest.mark.parametrize("words", [text.when, text.day, text.clock, text.minutes_words, text.until, text.ago])
def test_nothing_is_said_of_a_time_that_is_not_set(words):
    assert words(None) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 min"),
        (48, "48 min"),
        (60, "1 h"),
        (108, "1 h 48 min"),
        (timedelta(hours=1, minutes=48, seconds=59), "1 h 48 min"),
        (timedelta(seconds=59), "less than 1 min"),
        (timedelta(seconds=-59), "0 min"),
    ],
)
def test_minutes_are_said_in_hours_and_minutes(value, words):
    assert text.minutes_words(value) == words


def test_distances_are_said_in_words():
    now = timezone.now()
    assert text.until(now + timedelta(days=2, hours=18, minutes=1)).replace("\xa0", " ") == "in 2 days, 18 hours"
    assert text.until(now - timedelta(days=2)) == "now"
    assert text.ago(now - timedelta(minutes=5, seconds=2)).replace("\xa0", " ") == "5 minutes ago"


@pytest.mark.parametrize(("count", "words"), [(0, "0 candidates"), (1, "1 candidate"), (1487, "1487 candidates")])
def test_counts_agree_with_their_noun(count, words):
    assert text.plural(count, "candidate") == words


def test_an_unknown_noun_is_an_error_and_not_a_wrong_word():
    with pytest.raises(KeyError):
        text.plural(2, "sheep")


def test_a_state_has_its_word_colour_and_shape():
    assert deliver.tag("in_progress") == '<span class="ds-tag" data-color="info">IN PROGRESS</span>'
    assert deliver.tag("Not submitted") == '<span class="ds-tag" data-color="neutral">Not submitted</span>'
    assert deliver.tag("paused") == '<span class="ds-tag is-warn" data-color="warning">Paused</span>'
    assert deliver.tag("submitted") == '<span class="is-done">Submitted</span>'


def test_what_somebody_typed_is_escaped_in_tags_and_messages():
    assert "&lt;b&gt;" in deliver.tag("<b>")
    assert "<b>" not in deliver.tag("<b>")
    said = deliver.outcome("<b>one</b>. <b>two</b>.")
    assert said == "<strong>&lt;b&gt;one&lt;/b&gt;.</strong> &lt;b&gt;two&lt;/b&gt;."


def test_the_outcome_of_a_message_is_bold():
    assert (
        deliver.outcome("3 candidates added. They can log in.")
        == "<strong>3 candidates added.</strong> They can log in."
    )


@pytest.mark.parametrize(
    ("sort", "direction", "following"),
    [("id", "ascending", "-id"), ("-id", "descending", "id"), ("kind", "none", "id")],
)
def test_a_sort_head_says_the_order_and_offers_the_other_one(sort, direction, following):
    html = Template('{% load deliver %}{% sort_head "id" "Candidate ID" sort %}').render(Context({"sort": sort}))
    assert f'aria-sort="{direction}"' in html
    assert f'form="filters" name="sort" value="{following}"' in html


class NameForm(DeliverForm):
    name = CharField(label="Name", max_length=3, help_text="As on the list.")


SUMMARY = Template("{% load deliver %}{% error_summary form problems=problems heading=heading %}")


def test_the_error_summary_links_each_field_with_its_words():
    html = SUMMARY.render(Context({"form": NameForm({"name": ""}), "problems": [], "heading": ""}))
    assert "Nothing is saved yet: 1 problem to fix" in html
    assert '<a class="ds-link" href="#id_name">Name: Fill this in.</a>' in html


def test_the_error_summary_takes_lines_and_a_heading():
    context = {"form": None, "problems": [("#id-4", "Row 4: taken")], "heading": "1 cell to fix"}
    html = SUMMARY.render(Context(context))
    assert "1 cell to fix" in html
    assert 'href="#id-4"' in html


def test_there_is_no_error_summary_without_a_problem():
    assert SUMMARY.render(Context({"form": NameForm(), "problems": [], "heading": "x"})).strip() == ""


def test_a_field_group_stands_in_the_order_label_help_field_message():
    html = NameForm({"name": "long"})["name"].as_field_group()
    parts = ['<label class="ds-label" for="id_name"', 'id="id_name_helptext"', "<input", 'id="id_name_error"']
    positions = [html.index(part) for part in parts]
    assert positions == sorted(positions)
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="ds-input"' in html
    assert "maxlength" not in html


@pytest.mark.parametrize(
    ("names", "words"),
    [(["Feide"], "Feide"), (["Feide", "Google"], "Feide or Google"), (["A", "B", "C"], "A, B or C"), ([], "")],
)
def test_names_stand_in_a_sentence(names: list[str], words: str) -> None:
    assert text.any_of(names) == words


GROUPED = [("", "Choose <one>"), ("Staff & others", [(1, "Åse"), (2, '"Bo"')]), ("x'y", "Cato")]


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        (Select(choices=GROUPED), "2"),
        (Select(choices=GROUPED), "gone"),
        (Select(choices=[(None, "Nothing"), (1500, 1500)]), None),
        (Select(choices=[]), None),
        (SelectMultiple(choices=GROUPED), ["1", "x'y"]),
        (NullBooleanSelect(), True),
    ],
)
def test_a_list_to_choose_from_is_the_one_that_django_writes(widget: Widget, value: object) -> None:
    attrs = {"id": "id_who", "required": True, "disabled": False, "aria-describedby": "a b"}
    ours, djangos = (widget.render("who", value, attrs, renderer()) for renderer in (TemplatesSetting, DjangoTemplates))
    assert parse_html(ours) == parse_html(djangos)

"""Monitor: who sees what, in which order and columns; the download; incident time."""

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, Contributor, Location, User
from tests.factories import Role, activated, add, add_many, contribute, make_test, open_now

HOURS = {"last_seen_at", "logged_in_at", "started_at", "submitted_at"}


def at(test, suffix=""):
    return f"/monitor/tests/{test.public_id}/{suffix}"


def put(candidate, **fields):
    """Write columns of a candidate; times are minutes ago."""
    now = timezone.now()
    values = {name: now - timedelta(minutes=value) if name in HOURS else value for name, value in fields.items()}
    Candidate.objects.filter(pk=candidate.pk).update(**values)


def shown(response):
    """Return the Candidate IDs of the table in their order."""
    rows = response.content.decode().split('<th scope="row" class="id">')[1:]
    return [row.split(">", 1)[1].split("<")[0] for row in rows]


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture
def everyone(open_exam):
    """Candidates of the open exam in different states: 0001 works, 0002 has gone silent, kari was never seen."""
    one, two, kari = Candidate.objects.of_test(open_exam).order_by("sort_key")
    put(one, logged_in_at=9, started_at=8, last_seen_at=0)
    put(two, logged_in_at=9, started_at=8, last_seen_at=5)
    return one, two, kari


# Who may see it -----------------------------------------------------------------------------------------------------


def test_the_list_shows_my_tests_running_ones_first(planner, open_exam, stranger, client_of):
    ahead = make_test(planner=planner, name="Ahead")
    make_test(planner=stranger, name="Foreign")
    content = client_of(planner).get("/monitor/").content.decode()
    assert content.index(open_exam.name) < content.index(ahead.name)
    assert "Foreign" not in content


@pytest.mark.parametrize("suffix", ["", "live/"])
def test_planner_and_invigilator_see_every_candidate_id(suffix, open_exam, planner, invigilator, client_of):
    for who in (planner, invigilator):
        response = client_of(who).get(at(open_exam, suffix))
        assert response.status_code == 200
        assert sorted(shown(response)) == ["0001", "0002", "kari"]


PAGES = ["", "live/", "columns/", "csv/", "xlsx/", "incident-time/", "incident-time/check/", "incident-time/save/"]


def test_an_invigilator_of_a_room_sees_that_room_alone(open_exam, planner, invigilator, room, client_of):
    one, two, kari = Candidate.objects.of_test(open_exam).order_by("sort_key")
    elsewhere = Location.objects.create(building="Nordhall", room="N7")
    put(one, location=room)
    put(two, location=elsewhere)
    put(kari, location=elsewhere)
    Contributor.objects.filter(user=invigilator).update(location=room)
    client = client_of(invigilator)
    for address in (at(open_exam), at(open_exam, "live/"), at(open_exam, f"?room={elsewhere.pk}")):
        response = client.get(address)
        assert "0002" not in response.content.decode()
        assert "Nordhall" not in response.content.decode()
    assert shown(client.get(at(open_exam))) == ["0001"]
    assert [row[0] for row in rows_of(client.post(at(open_exam, "csv/")))] == ["Candidate ID", "0001"]
    assert client.get(at(open_exam, f"candidates/{two.public_id}/")).status_code == 404
    assert client.get(at(open_exam, f"candidates/{one.public_id}/")).status_code == 200


@pytest.fixture
def in_rooms(exam, planner, room, invigilator):
    """The open exam: 0021 in V101, 0022 and 0221 in V102, 0030 without a room; Jonas invigilates V101."""
    add(exam, planner, "0021", location=("Vesthall", "V101"))
    add(exam, planner, "0022", "0221", location=("Vesthall", "V102"))
    add(exam, planner, "0030")
    Contributor.objects.filter(user=invigilator).update(location=room)
    return open_now(activated(exam, planner))


def test_who_has_no_room_is_in_everybodys_monitor_and_marked(in_rooms, invigilator, planner, client_of):
    client = client_of(invigilator)
    response = client.get(at(in_rooms))
    assert shown(response) == ["0021", "0030"]
    assert [way["count"] for way in response.context["ways"]][:2] == [2, 2]
    assert re.findall(r">(\d{4})</a> <span[^>]*>no room<", response.content.decode()) == ["0030"]
    assert shown(client.get(at(in_rooms, "?room=none"))) == ["0030"]
    rows = rows_of(client.post(at(in_rooms, "csv/?col=progress&sort=id")))
    assert rows[1:] == [["0021", "Inactive", ""], ["0030", "Inactive", "no room"]]
    lost = Candidate.objects.get(candidate_id="0030")
    assert client.get(at(in_rooms, f"candidates/{lost.public_id}/")).status_code == 200
    assert "no room" not in client_of(planner).get(at(in_rooms)).content.decode()
    assert "no room" not in client_of(planner).post(at(in_rooms, "csv/")).content.decode()


@pytest.mark.parametrize("suffix", ["", "live/"])
@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("0022", "0022 sits in Vesthall V102."),
        ("００22", "0022 sits in Vesthall V102."),
        ("022", "0221 sits in Vesthall V102."),
        ("221", ""),  # inside an ID
        ("00", ""),  # somebody here has it, and a start is no whole ID
        ("Vesthall", ""),
    ],
)
def test_who_sits_in_another_room_is_named_with_the_room_and_nothing_else(
    q, said, suffix, in_rooms, invigilator, planner, client_of
):
    content = client_of(invigilator).get(at(in_rooms, f"{suffix}?q={q}")).content.decode()
    sentences = re.findall(r"[^<>]* sits in [^<>]*\.", content)
    assert [sentence.strip() for sentence in sentences] == ([said] if said else [])
    for candidate in Candidate.objects.filter(candidate_id__in=["0022", "0221"]):
        assert candidate.public_id not in content
    assert " sits in " not in client_of(planner).get(at(in_rooms, f"{suffix}?q={q}")).content.decode()


def test_a_start_that_several_of_other_rooms_share_names_none(in_rooms, planner, invigilator, client_of):
    add(in_rooms, planner, "0222", location=("Vesthall", "V102"))
    content = client_of(invigilator).get(at(in_rooms, "?q=022")).content.decode()
    assert "Several Candidate IDs in other rooms begin like this." in content
    assert "0221" not in content
    alone = client_of(invigilator).get(at(in_rooms, "?q=0")).content.decode()
    assert "other rooms" not in alone


def test_in_an_empty_room_somebody_of_another_one_can_be_looked_for(in_rooms, invigilator, client_of):
    empty = Location.objects.create(building="Vesthall", room="V300")
    Candidate.objects.filter(candidate_id="0030").update(location=Location.objects.get(room="V102"))
    Contributor.objects.filter(user=invigilator).update(location=empty)
    content = client_of(invigilator).get(at(in_rooms, "?q=0022")).content.decode()
    assert "Search candidates" in content
    assert "0022 sits in Vesthall V102." in content
    assert "Show all 0" not in content


@pytest.mark.parametrize("query", ["", "&sort=id", "&sort=-progress", "&attention=any"])
def test_a_search_shows_whole_ids_first_then_starts_then_what_is_inside(query, exam, planner, client_of):
    add(exam, planner, "10110", "01101", "0110", "x-0110")
    open_now(activated(exam, planner))
    put(Candidate.objects.get(candidate_id="0110"), logged_in_at=9, last_seen_at=0 if "attention" not in query else 9)
    assert shown(client_of(planner).get(at(exam, f"?q=0110{query}"))) == ["0110", "01101", "10110", "x-0110"]


def test_a_candidate_of_another_test_is_not_found(open_exam, planner, client_of):
    other = make_test(planner=planner, name="Other")
    (foreign,) = add(other, planner, "x")
    assert client_of(planner).get(at(open_exam, f"candidates/{foreign.public_id}/")).status_code == 404


# What stands there --------------------------------------------------------------------------------------------------


def test_those_who_need_attention_come_first_and_are_marked(everyone, open_exam, planner, client_of):
    response = client_of(planner).get(at(open_exam))
    content = response.content.decode()
    assert shown(response) == ["0002", "kari", "0001"]
    assert '<span class="is-warn">Offline for 5 min</span>' in content
    assert 'data-color="warning">Inactive</span>' in content
    assert "<td>Never logged in</td>" in content
    assert '<td class="key">In progress</td>' in content


def test_before_the_opening_nobody_needs_attention(scheduled_exam, planner, client_of):
    response = client_of(planner).get(at(scheduled_exam))
    content = response.content.decode()
    assert "is-warn" not in content
    assert "3 candidates, by progress" in content
    assert "need attention" not in content
    assert response.context["watch"].need_attention == 0
    assert shown(client_of(planner).get(at(scheduled_exam, "?attention=any"))) == []


@pytest.mark.parametrize(("minutes", "missing"), [(-1, 0), (1, 3), (239, 3), (241, 1), (271, 0)])
def test_who_is_missing_needs_attention_while_the_own_time_runs(
    minutes, missing, scheduled_exam, planner, clock, client_of
):
    clock.set(scheduled_exam.window[0] + timedelta(minutes=minutes))
    response = client_of(planner).get(at(scheduled_exam))
    content = response.content.decode()
    assert ("those who need attention first" in content) is bool(missing)
    assert response.context["watch"].need_attention == missing  # one has 30 minutes of extra time


def test_nobody_needs_attention_on_a_test_that_is_deactivated_or_over(open_exam, planner, clock, client_of):
    deactivate(test=open_exam, by=planner)
    assert "need attention" not in client_of(planner).get(at(open_exam)).content.decode()
    activated(open_exam, planner)
    clock.move(hours=5)
    assert "need attention" not in client_of(planner).get(at(open_exam)).content.decode()


def test_minutes_are_counted_to_the_candidates_own_end(everyone, open_exam, planner, client_of):
    one, *_rest = everyone
    put(one, incident_minutes=5)
    rows = {row[0]: row for row in rows_of(client_of(planner).post(at(open_exam, "csv/")))}
    head = rows["Candidate ID"]
    assert rows["0001"][head.index("Spent (min)")] == "8"
    assert int(rows["0001"][head.index("Remaining (min)")]) in (234, 235)  # opened 10 minutes ago, 4 hours, 5 more


def test_time_run_out_counts_as_submitted(everyone, open_exam, planner, clock, client_of):
    clock.move(hours=4)
    content = client_of(planner).get(at(open_exam, "?progress=submitted")).content.decode()
    assert '<span class="is-done">Submitted</span>' in content
    assert "0001" in content
    assert "0002" not in content  # 30 minutes of extra time


def test_building_and_room_are_off_until_they_are_switched_on(open_exam, planner, room, client_of):
    put(Candidate.objects.of_test(open_exam).first(), location=room)
    client = client_of(planner)

    def heads(query=""):
        return client.get(at(open_exam, query)).content.decode().split("<thead>")[1].split("</thead>")[0]

    assert "Room" not in heads()
    assert "Building" not in heads()
    assert "Room" in heads("?col=room")
    assert "Status" not in heads("?col=room")
    assert "Room" not in heads()
    answer = client.post(at(open_exam, "columns/?q=00"), {"col": ["room", "status"]})
    assert (answer.status_code, answer.url) == (302, at(open_exam, "?q=00"))
    assert "Room" in heads()
    client.post(at(open_exam, "columns/"), {"col": ["password"]})
    assert "Room" in heads()
    client.post(at(open_exam, "columns/"), {"default": "1", "col": ["room"]})
    assert "Room" not in heads()
    assert "Status" in heads()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=KARI", ["kari"]),
        ("?q=00", ["0002", "0001"]),
        ("?progress=inactive", ["kari"]),
        ("?attention=never", ["kari"]),
        ("?attention=offline", ["0002"]),
        ("?attention=any", ["0002", "kari"]),
        ("?room=none", ["0002", "kari"]),
        ("?sort=id", ["0001", "0002", "kari"]),
        ("?sort=-id", ["kari", "0002", "0001"]),
        ("?sort=left", ["0001", "0002", "kari"]),
        ("?sort=user__password&progress=x&attention=y&room=1e3", ["0002", "kari", "0001"]),
        ("?q=%00", ["0002", "kari", "0001"]),
        ("?q=nobody", []),
    ],
)
def test_filters_and_orders_come_from_allow_lists(query, expected, everyone, open_exam, planner, room, client_of):
    put(everyone[0], location=room)
    response = client_of(planner).get(at(open_exam, query))
    assert response.status_code == 200
    assert shown(response) == expected


def test_counts_stand_beside_each_progress(everyone, open_exam, planner, client_of):
    ways = client_of(planner).get(at(open_exam, "?progress=inactive")).context["ways"]
    assert [(way["text"], way["count"]) for way in ways] == [
        ("All", 3),
        ("Inactive", 1),
        ("Dashboard", 0),
        ("In progress", 2),
        ("Submitted", 0),
    ]


def test_a_candidate_id_is_text_and_never_markup(exam, planner, client_of):
    add(exam, planner, "<script>alert(1)</script>")
    content = client_of(planner).get(at(exam)).content.decode()
    assert "<script>alert(1)" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_the_live_part_asks_again_with_the_same_filters(open_exam, planner, client_of):
    content = client_of(planner).get(at(open_exam, "?q=00&col=status")).content.decode()
    assert f'hx-get="{at(open_exam)}live/?q=00&amp;col=status"' in content
    live = client_of(planner).get(at(open_exam, "live/?q=00")).content.decode()
    assert "<html" not in live
    assert 'id="counts"' in live
    assert 'hx-swap-oob="true"' in live


def test_an_empty_test_and_a_demo_test_have_a_page(planner, exam, client_of):
    demo = make_test(planner=planner, name="Demo", is_demo=True)
    for test in (exam, demo):
        assert "No candidate is on the test" in client_of(planner).get(at(test)).content.decode()


@pytest.mark.parametrize("suffix", ["", "live/"])
def test_queries_do_not_grow_with_the_candidates(suffix, planner, client_of):
    counts = []
    for number in (10, 1500):
        test = make_test(planner=planner, name=f"With {number}")
        add_many(test, planner, number)
        client = client_of(planner)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(at(test, suffix)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# The download -------------------------------------------------------------------------------------------------------


def test_the_download_is_what_is_shown_and_is_recorded(everyone, exam, open_exam, planner, client_of):
    response = client_of(planner).post(at(open_exam, "csv/?progress=in_progress&sort=id&col=progress&col=extra"))
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert rows_of(response) == [
        ["Candidate ID", "Progress", "Extra time (min)"],
        ["0001", "In progress", ""],
        ["0002", "In progress", "30"],
    ]
    name = response["Content-Disposition"]
    assert name.isascii()
    assert name.startswith('attachment; filename="bio2150-cell-biology-written-exam-monitor-20')
    event = AuditEvent.objects.get(action=AuditEvent.Action.MONITOR_DOWNLOADED)
    assert (event.actor, event.test, event.count) == (planner, open_exam, 2)
    assert event.detail == {"columns": ["progress", "extra"], "format": "csv"}


def test_the_download_is_a_workbook_too_with_a_sheet_for_each_room_where_asked(in_rooms, planner, client_of):
    client, address = client_of(planner), at(in_rooms, "xlsx/?sort=id&col=extra&col=room")
    whole = openpyxl.load_workbook(io.BytesIO(client.post(address).content))
    heads, *rows = whole["Monitor"].values
    assert heads == ("Candidate ID", "Extra time (min)", "Room")
    assert all(extra is None or isinstance(extra, int) for _id, extra, _room in rows)
    by_room = openpyxl.load_workbook(io.BytesIO(client.post(address, {"by_room": "1"}).content))
    found = {row for sheet in by_room for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert len(by_room.sheetnames) > 1
    assert found == set(rows)


def test_a_candidate_id_does_not_run_as_a_formula(exam, planner, client_of):
    add(exam, planner, "=1+1")
    assert rows_of(client_of(planner).post(at(exam, "csv/?col=progress")))[1] == ["'=1+1", "Inactive"]


def test_times_in_the_download_say_date_and_zone(everyone, open_exam, planner, client_of):
    rows = rows_of(client_of(planner).post(at(open_exam, "csv/?sort=id&col=ends")))
    ends = timezone.localtime(open_exam.ends_at)
    assert rows[1] == ["0001", f"{ends:%Y-%m-%d %H:%M} Oslo time"]


def test_a_planner_whose_role_was_taken_away_does_not_watch_by_being_an_invigilator_elsewhere(
    open_exam, colleague, client_of
):
    client = client_of(colleague)
    assert client.get(at(open_exam)).status_code == 200
    User.objects.filter(pk=colleague.pk).update(is_planner=False, is_invigilator=True)
    assert client.get(at(open_exam)).status_code == 404
    assert "BIO2150" not in client.get("/monitor/").content.decode()


def test_a_former_planner_who_invigilates_a_room_sees_that_room_alone(everyone, open_exam, colleague, room, client_of):
    one, two, _kari = everyone
    put(one, location=room)
    put(two, location=Location.objects.create(building="Vesthall", room="V102"))
    contribute(open_exam, colleague, Role.INVIGILATOR, room)
    client = client_of(colleague)
    assert client.get(at(open_exam, f"candidates/{two.public_id}/")).status_code == 200
    User.objects.filter(pk=colleague.pk).update(is_planner=False, is_invigilator=True)
    assert client.get(at(open_exam, f"candidates/{one.public_id}/")).status_code == 200
    assert client.get(at(open_exam, f"candidates/{two.public_id}/")).status_code == 404


# Incident time ------------------------------------------------------------------------------------------------------


def asked(**fields):
    return {"how": "add", "minutes": "10", "reason": "Fire alarm", **fields}


def last_word(page):
    """Return what the page that asks for the last word posts."""
    form = page.context["form"]
    return {"ids": page.context["ids"], **{name: form[name].value() for name in form.fields}}


def checked(client, test, query="", **fields):
    """Return what is posted in the end, after the page that shows who ends when."""
    return last_word(client.post(at(test, f"incident-time/check/{query}"), asked(**fields)))


def test_the_same_last_word_sent_twice_adds_once(candidate, open_exam, planner, client_of):
    client = client_of(planner)
    data = checked(client, open_exam, ids=candidate.public_id)
    assert client.post(at(open_exam, "incident-time/save/"), data).status_code == 302
    again = client.post(at(open_exam, "incident-time/save/"), data)
    assert again.status_code == 422
    assert "Incident time was changed meanwhile. Nothing was changed now." in again.content.decode()
    candidate.refresh_from_db()
    assert candidate.incident_minutes == 10
    assert last_word(again)["seen"] == f"{candidate.public_id}:10"
    assert client.post(at(open_exam, "incident-time/save/"), last_word(again)).status_code == 302
    candidate.refresh_from_db()
    assert candidate.incident_minutes == 20


@pytest.mark.parametrize("seen", ["x:y", "x", "x:1:2", "x:-1"])
def test_a_page_that_was_changed_on_its_way_changes_nothing(seen, candidate, open_exam, planner, client_of):
    data = asked(ids=candidate.public_id, seen=seen)
    response = client_of(planner).post(at(open_exam, "incident-time/save/"), data)
    assert response.status_code == 422
    assert "The page was changed before it arrived here." in response.content.decode()
    candidate.refresh_from_db()
    assert candidate.incident_minutes == 0


def test_incident_time_is_shown_before_it_is_given(everyone, open_exam, planner, client_of):
    one, two, _kari = everyone
    client = client_of(planner)
    ids = f"{one.public_id},{two.public_id}"
    first = client.post(at(open_exam, "incident-time/?progress=in_progress"), {"ids": ids})
    assert "Incident time for 2 candidates" in first.content.decode()
    second = client.post(at(open_exam, "incident-time/check/?progress=in_progress"), asked(ids=ids))
    new_end = timezone.localtime(open_exam.ends_at + timedelta(minutes=10))
    assert f"{new_end:%H:%M}" in second.content.decode()
    assert "Add 10 min of incident time for 2 candidates" in second.content.decode()
    assert not Candidate.objects.filter(incident_minutes__gt=0).exists()
    third = client.post(at(open_exam, "incident-time/save/?progress=in_progress"), last_word(second))
    assert (third.status_code, third.url) == (302, at(open_exam, "?progress=in_progress"))
    assert sorted(Candidate.objects.values_list("candidate_id", "incident_minutes")) == [
        ("0001", 10),
        ("0002", 10),
        ("kari", 0),
    ]
    event = AuditEvent.objects.get(action=AuditEvent.Action.INCIDENT_TIME_CHANGED)
    assert event.detail["reason"] == "Fire alarm"


@pytest.mark.parametrize("step", ["", "check/", "save/"])
def test_an_invigilator_gives_no_incident_time(step, candidate, open_exam, invigilator, client_of):
    data = asked(ids=candidate.public_id)
    assert client_of(invigilator).post(at(open_exam, f"incident-time/{step}"), data).status_code == 403
    candidate.refresh_from_db()
    assert candidate.incident_minutes == 0
    content = client_of(invigilator).get(at(open_exam)).content.decode()
    assert "Incident time</button>" not in content
    assert 'class="tick"' not in content


def test_a_planner_elsewhere_who_only_invigilates_here_gives_none_either(candidate, open_exam, stranger, client_of):
    contribute(open_exam, stranger, Role.INVIGILATOR)
    data = asked(ids=candidate.public_id)
    assert client_of(stranger).post(at(open_exam, "incident-time/save/"), data).status_code == 403


@pytest.mark.parametrize("step", ["check/", "save/"])
@pytest.mark.parametrize(
    "wrong",
    [{"minutes": ""}, {"minutes": "0"}, {"minutes": "1e3"}, {"minutes": "2881"}, {"reason": ""}, {"how": "double"}],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(step, wrong, candidate, open_exam, planner, client_of):
    data = asked(ids=candidate.public_id, reason="A reason to keep") | wrong
    response = client_of(planner).post(at(open_exam, f"incident-time/{step}"), data)
    assert response.status_code == 422
    content = response.content.decode()
    assert "ds-error-summary" in content
    assert f'value="{candidate.public_id}"' in content
    assert ("A reason to keep" in content) == ("reason" not in wrong)
    candidate.refresh_from_db()
    assert candidate.incident_minutes == 0


def test_sums_past_the_limit_and_changes_of_nothing_are_refused(candidate, open_exam, planner, client_of):
    put(candidate, incident_minutes=2875)
    client = client_of(planner)
    past = client.post(at(open_exam, "incident-time/check/"), asked(ids=candidate.public_id))
    assert past.status_code == 422
    assert "2885 minutes" in past.content.decode()
    data = asked(ids=candidate.public_id, seen=f"{candidate.public_id}:2875")
    refused = client.post(at(open_exam, "incident-time/save/"), data)
    assert refused.status_code == 422
    assert "2885 minutes" in refused.content.decode()
    same = client.post(at(open_exam, "incident-time/check/"), asked(ids=candidate.public_id, how="set", minutes="2875"))
    assert same.status_code == 422


def test_an_end_that_has_passed_all_the_same_is_pointed_out(candidate, open_exam, planner, clock, client_of):
    clock.move(hours=5)
    response = client_of(planner).post(at(open_exam, "incident-time/check/"), asked(ids=candidate.public_id))
    assert "This end has passed already" in response.content.decode()


def test_who_has_submitted_is_named_and_keeps_what_is_there(everyone, open_exam, planner, client_of):
    one, two, _kari = everyone
    put(one, submitted_at=1)
    client = client_of(planner)
    data = checked(client, open_exam, ids=f"{one.public_id},{two.public_id}")
    response = client.post(at(open_exam, "incident-time/save/"), data, follow=True)
    assert "nothing changed for: 0001" in response.content.decode()
    one.refresh_from_db()
    assert one.incident_minutes == 0


@pytest.mark.parametrize("data", [{}, {"ids": "unknown"}, {"all_matching": "2"}])
def test_an_empty_or_changed_choice_never_means_everybody(data, open_exam, planner, client_of):
    response = client_of(planner).post(at(open_exam, "incident-time/save/"), asked(**data), follow=True)
    assert response.redirect_chain == [(at(open_exam), 302)]
    assert "ds-alert" in response.content.decode()
    assert not Candidate.objects.filter(incident_minutes__gt=0).exists()


def test_all_that_match_means_the_rows_of_the_filter(everyone, open_exam, planner, client_of):
    client = client_of(planner)
    data = checked(client, open_exam, "?progress=in_progress", all_matching="2")
    client.post(at(open_exam, "incident-time/save/?progress=in_progress"), data)
    assert Candidate.objects.filter(incident_minutes=10).count() == 2
    assert Candidate.objects.get(candidate_id="kari").incident_minutes == 0


def test_candidates_of_another_test_are_left_alone(open_exam, planner, client_of):
    other = make_test(planner=planner, name="Other")
    (foreign,) = add(other, planner, "x")
    open_now(activated(other, planner))
    client_of(planner).post(at(open_exam, "incident-time/save/"), asked(ids=foreign.public_id))
    foreign.refresh_from_db()
    assert foreign.incident_minutes == 0


# One candidate ------------------------------------------------------------------------------------------------------


def test_a_candidates_page_leads_planners_to_the_login_details(candidate, open_exam, planner, client_of):
    content = client_of(planner).get(at(open_exam, f"candidates/{candidate.public_id}/")).content.decode()
    assert '<span class="hero">0001</span></h1>' in content
    assert f"/candidates/{candidate.public_id}/login/" in content
    assert candidate.user.username not in content


def facts_of(response):
    """Return what people read on the page of one candidate: the line of state, and each fold with its facts."""
    html = response.content.decode()
    state = " ".join(re.sub(r"<[^>]+>", "", html.split('class="state">')[1].split("</p>")[0]).split())
    folds = re.findall(r"<summary>([^<]+)</summary>(.*?)</details>", html, re.DOTALL)
    return state, {words: dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", rest)) for words, rest in folds}


def without_day(text: str) -> str:
    """Leave out the day, which stands before a time that is not of today: in the evening the test ends tomorrow."""
    return re.sub(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2} \d{4}, ", "", text)


def test_a_candidates_page_begins_with_one_line_of_state_and_folds_what_there_is(
    everyone, open_exam, planner, client_of
):
    one, two, kari = everyone
    client, end = client_of(planner), timezone.localtime(open_exam.ends_at)
    page_of = {who: client.get(at(open_exam, f"candidates/{who.public_id}/")) for who in everyone}
    state, folds = facts_of(page_of[one])
    assert without_day(state) == f"Online · In progress · ends {end:%H:%M}"
    times, _attendance, login = folds.values()
    assert list(times) == ["Started", "Spent", "Remaining", "Ends"]
    assert (times["Spent"], login["Logs in with"]) == ("8 min", "Slip, version 1")
    assert re.fullmatch(r"Times: \d+ min left", next(iter(folds)))
    state, folds = facts_of(page_of[two])
    assert state.startswith("Offline for 5 min · In progress · ends ")
    assert "30 min extra" in next(iter(folds))
    state, folds = facts_of(page_of[kari])
    assert without_day(state) == f"Never logged in · Inactive · ends {end:%H:%M}"
    assert {
        without_day(line): {key: without_day(text) for key, text in facts.items()} for line, facts in folds.items()
    } == {
        f"Times: ends {end:%H:%M}": {"Ends": f"{end:%H:%M}"},
        "Attendance: Not set": {"Attendance": "Not set", "ID check": "Not checked"},
        "Login: slip, never logged in": {"Logs in with": "Slip, version 1"},
    }
    assert "none" not in page_of[kari].content.decode().split("<main")[1]


def test_who_has_submitted_says_when_and_a_duration_makes_a_latest_end(everyone, open_exam, planner, client_of):
    one, _two, kari = everyone
    put(one, submitted_at=1)
    type(open_exam).objects.filter(pk=open_exam.pk).update(duration_minutes=60)
    client = client_of(planner)
    submitted = timezone.localtime(Candidate.objects.get(pk=one.pk).submitted_at)
    assert facts_of(client.get(at(open_exam, f"candidates/{one.public_id}/")))[0] == f"Submitted at {submitted:%H:%M}"
    assert facts_of(client.get(at(open_exam, f"candidates/{kari.public_id}/")))[0].endswith(" at the latest")


@pytest.mark.parametrize(
    ("minutes", "leads"),
    [(-61, False), (-59, True), (0, True), (239, True), (269, True), (271, False)],
)
def test_invigilators_reach_login_details_only_around_the_test(
    minutes, leads, candidate, open_exam, invigilator, clock, client_of
):
    clock.set(open_exam.opens_at + timedelta(minutes=minutes))
    content = client_of(invigilator).get(at(open_exam, f"candidates/{candidate.public_id}/")).content.decode()
    assert ("/login/" in content) is leads
    assert "Incident time</button>" not in content


@pytest.mark.parametrize(("hours", "minutes", "words"), [(5, "120", True), (5, "10", False), (1, "120", False)])
def test_the_last_word_says_that_a_finished_test_opens_again(
    hours, minutes, words, candidate, open_exam, planner, clock, client_of
):
    clock.move(hours=hours)
    data = asked(ids=candidate.public_id, minutes=minutes)
    page = client_of(planner).post(at(open_exam, "incident-time/check/"), data).content.decode()
    assert ("The test is Finished, and opens again for 1 candidate." in page) is words

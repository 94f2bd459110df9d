"""Every rule that the database itself holds is broken once, past all forms and functions."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, ProtectedError
from django.utils import timezone
from django.utils.timezone import now

from candidates.models import (
    AccessKey,
    AccessKeyScope,
    AccessToken,
    AgedOut,
    AllowedJoiner,
    AnsweredCall,
    AnswerVersion,
    Attendance,
    AttendanceMark,
    Candidate,
    Contributor,
    Delivery,
    Export,
    ExternalTest,
    Import,
    ImportChunk,
    ImportedChange,
    ImportedRemoval,
    JoinedSpare,
    Joining,
    JoiningList,
    JoinRequest,
    ListFormat,
    ListMember,
    ListShare,
    Location,
    LtiCourse,
    LtiDeployment,
    LtiPlatform,
    Mark,
    PermanentUser,
    PermanentUserList,
    PreparedPerson,
    PrintedSlip,
    RecoveryCode,
    RoomPack,
    RosterConnection,
    RosterEnrolment,
    RosterIdentity,
    RosterSnapshot,
    RosterState,
    ScaleGrade,
    ScheduledJob,
    SealedPassword,
    SecondStep,
    SentForm,
    Session,
    SlipPrint,
    Spread,
    SpreadMove,
    SsoIdentity,
    Submission,
    Subscription,
    Test,
    UsedLaunch,
    User,
    UserFileColumn,
    UserFileFormat,
)
from candidates.models.audit import AuditSeal
from candidates.models.submissions import MAX_VERSIONS
from tests.factories import add, make_staff, make_test

pytestmark = pytest.mark.django_db


def staff(**fields: Any) -> User:
    return make_staff("somebody", "Somebody", **fields)


def a_format(**fields: Any) -> ListFormat:
    owner = fields.pop("owner", None) or staff()
    return ListFormat.objects.create(**{"owner": owner, "kind": "sso", "name": "Ours", **fields})


def seated_twice(location: Location | None) -> None:
    place(location=location, seat="1")
    place(candidate_id="0002", candidate_key="0002", location=location, seat="1")


def named_before(**fields: Any) -> Location:
    now = Location.objects.create(building="Vesthall", room="V101")
    return Location.objects.create(**{"room": "V101", "known_as": now, "is_active": False, **fields})


def subscription(**fields: Any) -> Subscription:
    usual = {"target": "https://x.example/", "sealed_secret": "gAAAA", "test_finished": True}
    return Subscription.objects.create(**{**usual, **fields})


def delivery(**fields: Any) -> Delivery:
    usual = {"source": "act 1", "event": "test_finished", "context": "x", "at": now()}
    return Delivery.objects.create(**{**usual, "subscription": fields.pop("of", None) or subscription(), **fields})


def export(**fields: Any) -> Export:
    usual = {"test": make_test(), "ordered_by": staff(), "expires_at": now() + timedelta(days=1)}
    return Export.objects.create(**{**usual, **fields})


def spread_twice() -> None:
    there = place()
    spread, room = Spread.objects.create(test=there.test), Location.objects.create(room="V101")
    twice(lambda: SpreadMove.objects.create(spread=spread, candidate=there, new_location=room, slip_version=1))


def place(**fields: Any) -> Candidate:
    """Store a candidate past the door."""
    test = Test.objects.first() or make_test()
    defaults = {"kind": "one_time", "candidate_id": "0001", "candidate_key": "0001", "sort_key": "0000000001"}
    return Candidate.objects.create(test=test, **{**defaults, **fields})


def candidate() -> Candidate:
    return add(make_test(), staff(), "0001")[0]


def printed_slip(**fields: Any) -> PrintedSlip:
    test = Test.objects.first() or make_test()
    paper = SlipPrint.objects.create(test=test, layout="page")
    known = {"candidate_public_id": "kari", "candidate_id": "0001", "version": 1}
    return PrintedSlip.objects.create(test=test, printed=paper, **{**known, **fields})


def packed_twice(location: Location | None) -> None:
    test = make_test()
    twice(lambda: RoomPack.objects.create(test=test, location=location))


def person(username: str = "kari", **fields: Any) -> PermanentUser:
    user = User.objects.create_user(username, None, kind="permanent")
    return PermanentUser.objects.create(user=user, **{"first_name": "Kari", "last_name": "Nordmann", **fields})


def seal(number: int, **fields: Any) -> AuditSeal:
    now = timezone.now()
    kept = {"previous": "f" * 64, "hash": f"{number:064}", "rows": 1, "total": 1, "last_id": 1, **fields}
    return AuditSeal.objects.create(number=number, last_at=now, sealed_at=now, **kept)


def key(**fields: Any) -> AccessKey:
    """Store a key of another system past the function that makes keys."""
    public_id = f"key{AccessKey.objects.count()}"
    account = User.objects.create(username=public_id, kind="system", password="!")
    known = {"name": "Timetable", "system": "timetable", "digest": public_id, "expires_at": now() + timedelta(days=1)}
    return AccessKey.objects.create(public_id=public_id, account=account, **{**known, **fields})


def token(**fields: Any) -> AccessToken:
    return AccessToken.objects.create(key=key(), **{"digest": "d", "expires_at": now() + timedelta(hours=1), **fields})


def external(**fields: Any) -> ExternalTest:
    known = {"system": "timetable", "external_id": "1", "made_by": key()}
    return ExternalTest.objects.create(test=make_test(), **{**known, **fields})


def called_twice() -> None:
    caller = key()
    twice(lambda: AnsweredCall.objects.create(key=caller, name="1", fingerprint="f"))


def scope_twice() -> None:
    caller = key()
    twice(lambda: AccessKeyScope.objects.create(key=caller, scope="tests:read"))


def aged_twice(test: Test) -> None:
    for _time in range(2):
        AgedOut.objects.create(test=test, kind="answers")


def sent_twice(user: User) -> None:
    for _time in range(2):
        SentForm.objects.create(user=user, key="key")


def identity(user: User, **fields: Any) -> SsoIdentity:
    defaults = {"authentication_type": "Feide", "sso_user_id": "Kari@u.no", "sso_key": "kari@u.no"}
    return SsoIdentity.objects.create(user=user, **{**defaults, **fields})


def an_import(**fields: Any) -> Import:
    """Make a list of candidates that waits, or another import."""
    now = timezone.now()
    defaults = {"kind": "one_time", "file_sha256": "0" * 64, "created_at": now, "expires_at": now + timedelta(hours=1)}
    if fields.get("kind") != "users" and "test" not in fields:
        defaults["test"] = Test.objects.first() or make_test()
    return Import.objects.create(**{**defaults, **fields})


def a_file(**fields: Any) -> Import:
    """Make a file of users that waits."""
    return an_import(kind="users", **fields)


def changed_twice() -> None:
    source, changed = an_import(), candidate()
    twice(
        lambda: ImportedChange.objects.create(
            source=source, candidate=changed, old_extra_minutes=0, new_extra_minutes=1
        )
    )


def prepared(**fields: Any) -> PreparedPerson:
    """Prepare something for somebody who is to join by test code."""
    known = {"test": Test.objects.first() or make_test(), "person": "kari", "person_key": "kari"}
    return PreparedPerson.objects.create(**{**known, **fields})


def prepared_twice(**fields: Any) -> None:
    """Prepare the same for two people."""
    prepared(**fields)
    prepared(person="ola", person_key="ola", **fields)


def removal(**fields: Any) -> ImportedRemoval:
    """Make a row of somebody whom a complete list took off."""
    source = fields.pop("source", None) or an_import(is_complete=True)
    known = {"public_id": "kari", "kind": "one_time", "candidate_id": "0001", "added_at": timezone.now()}
    return ImportedRemoval.objects.create(source=source, **{**known, **fields})


def removed_twice() -> None:
    source = an_import(is_complete=True)
    twice(lambda: removal(source=source))


def a_list(owner: User, **fields: Any) -> PermanentUserList:
    return PermanentUserList.objects.create(owner=owner, **{"name": "BIO2150", **fields})


def import_from_list() -> None:
    an_import(from_list=a_list(staff()))


def columns(*held: str, positions: tuple[int, ...] = (1, 2), **fields: Any) -> None:
    form = UserFileFormat.objects.create(name="Registry")
    for position, holds in zip(positions, held, strict=False):
        UserFileColumn.objects.create(format=form, position=position, holds=holds, **fields)


def chunk_twice() -> None:
    source = a_file()
    twice(lambda: ImportChunk.objects.create(source=source, number=1))


def submission(**fields: Any) -> Submission:
    return Submission.objects.create(candidate=candidate(), revision=1, **fields)


def version(of: Submission, slot: int) -> AnswerVersion:
    return AnswerVersion.objects.create(
        submission=of, slot=slot, revision=1, characters=0, kept_at=timezone.now(), why="time"
    )


def mark(value: str, **fields: Any) -> None:
    Mark.objects.create(candidate=candidate(), mark=value, marked_at=timezone.now(), **fields)


def graded(*grades: dict[str, Any]) -> None:
    test = make_test()
    for grade in grades:
        ScaleGrade.objects.create(**{"test": test, "position": 0, **grade})


def at_the_door(**fields: Any) -> AttendanceMark:
    of = fields.pop("candidate", None) or candidate()
    return AttendanceMark.objects.create(
        **{"candidate": of, "nonce": "n", "about": "presence", "value": "present", "at": timezone.now(), **fields}
    )


def marked_twice() -> None:
    of = candidate()
    twice(lambda: at_the_door(candidate=of))


def joined_twice() -> None:
    of = candidate()
    twice(lambda: JoinedSpare.objects.create(candidate=of, public_id="abc", candidate_id_then="9001"))


def joining(**fields: Any) -> Joining:
    at = timezone.now()
    defaults = {"test": make_test(), "works_from": at, "works_until": at + timedelta(hours=1)}
    return Joining.objects.create(**{**defaults, **fields})


def codes(*some: str) -> None:
    for code in some:
        joining(code=code, code_made_at=timezone.now())


def allowed(*user_ids: str) -> None:
    open_to = joining()
    for user_id in user_ids:
        AllowedJoiner.objects.create(joining=open_to, key=user_id, user_id=user_id)


def roster(**fields: Any) -> RosterConnection:
    test = fields.pop("test", None) or make_test()
    return RosterConnection.objects.create(
        **{"test": test, "source": "uni", "exam_key": "1", "title": "Logic", **fields}
    )


def enrolment(**fields: Any) -> RosterEnrolment:
    test = fields.pop("test", None) or Test.objects.first() or make_test()
    return RosterEnrolment.objects.create(**{"test": test, "source": "uni", "source_key": "1", **fields})


def roster_identity(**fields: Any) -> RosterIdentity:
    values = {"authentication_type": "campus", "claim": "lin", "login": "A", "login_key": "a"}
    user = User.objects.first() or staff()
    return RosterIdentity.objects.create(**{"user": user, **values, **fields})


def request(**fields: Any) -> JoinRequest:
    test = Test.objects.first() or make_test()
    user = fields.pop("user", None) or User.objects.create(username="sso-1", kind="sso")
    return JoinRequest.objects.create(**{"test": test, "user": user, "state": "asked", "turn": 1, **fields})


def asked_twice(**different: Any) -> None:
    first = request()
    request(**{"user": first.user, "turn": 2, **different})


def listed_twice() -> None:
    open_to, one = joining(), a_list(staff())
    twice(lambda: JoiningList.objects.create(joining=open_to, list=one))


def one_time(username: str) -> User:
    return User.objects.create(username=username, kind="one_time", password="!")


def twice(make: Callable[[], object]) -> None:
    make()
    make()


def two_of_one_person() -> None:
    user = User.objects.create_user("kari", None, kind="permanent")
    place(kind="permanent", user=user)
    place(kind="permanent", user=user, candidate_id="0002", candidate_key="0002")


def two_identities(**fields: Any) -> None:
    identity(make_staff("one"), **{"sso_user_id": "a", "sso_key": "a", **fields})
    identity(make_staff("two"), **{"sso_user_id": "b", "sso_key": "b", **fields})


def contribute_twice() -> None:
    test, user = make_test(), staff()
    twice(lambda: Contributor.objects.create(test=test, user=user, role="grader"))


def invigilate_a_room_twice() -> None:
    test, user, room = make_test(), staff(), Location.objects.create(room="V101")
    twice(lambda: Contributor.objects.create(test=test, user=user, role="invigilator", location=room))


def bound(role: str) -> None:
    room = Location.objects.create(room="V101")
    Contributor.objects.create(test=make_test(), user=staff(), role=role, location=room)


def member_twice() -> None:
    members, kari = a_list(staff()), person()
    twice(lambda: ListMember.objects.create(list=members, person=kari))


def share_twice() -> None:
    shared, colleague = a_list(staff()), make_staff("colleague")
    twice(lambda: ListShare.objects.create(list=shared, user=colleague))


def list_twice() -> None:
    owner = staff()
    twice(lambda: a_list(owner))


def backwards() -> None:
    now = timezone.now()
    place(started_at=now, submitted_at=now - timedelta(seconds=1))


def open_and_deactivate() -> None:
    Test.objects.filter(pk=make_test(activated_at=timezone.now(), first_opened_at=timezone.now()).pk).update(
        activated_at=None
    )


def same_external_id() -> None:
    person("kari", external_id="123")
    person("ola", external_id="123")


def refused_of(kind: str) -> None:
    name = "2a345678" if kind == "one_time" else "kari"
    User.objects.create(username=name, kind=kind, password="!", must_change_password=True)


def platform(**changed: str) -> LtiPlatform:
    address = "https://lms.example.org/lti"
    values = {"source": "lms", "issuer": "https://lms.example.org", "client_id": "7"}
    addresses = {"authorization_url": address, "token_url": address, "keyset_url": address}
    return LtiPlatform.objects.create(**(values | addresses | changed))


def deployments(*ids: str) -> None:
    owner = platform()
    for one in ids:
        LtiDeployment.objects.create(platform=owner, deployment_id=one)


def courses(*rows: dict[str, str]) -> None:
    owner = platform()
    for row in rows:
        values = {"deployment_id": "1", "context_id": "law", "members_url": "https://lms.example.org/members"}
        LtiCourse.objects.create(platform=owner, **(values | row))


# name of the constraint, and what breaks it and nothing else
BREAKING: list[tuple[str, Callable[[], object]]] = [
    ("user_kind_known", lambda: staff(kind="robot")),
    *(
        (
            "user_roles_are_for_staff",
            lambda role=role: User.objects.create(username="kari", kind="permanent", **{role: True}),
        )
        for role in ("is_staff", "is_superuser", "is_planner", "is_invigilator", "is_grader", "is_administrator")
    ),
    ("user_generated_name_is_reserved", lambda: User.objects.create(username="6czep34v", password="!")),
    ("user_generated_name_is_reserved", lambda: User.objects.create(username="2abc3456", kind="sso", password="!")),
    (
        "user_generated_name_has_generated_password",
        lambda: User.objects.create_user("6czep34v", "correct horse battery", kind="permanent"),
    ),
    ("user_generated_name_has_generated_password", lambda: User.objects.create(username="6czep34v", kind="permanent")),
    ("user_one_time_has_generated_name", lambda: one_time("kari")),
    ("user_one_time_has_generated_name", lambda: one_time("20231234")),
    ("user_one_time_has_generated_name", lambda: one_time("6czep34")),
    ("user_one_time_has_generated_name", lambda: one_time("6czep34vv")),
    ("user_one_time_has_generated_name", lambda: one_time("6CZEP34V")),
    ("user_one_time_has_generated_name", lambda: one_time("1czep34v")),
    ("user_one_time_has_generated_name", lambda: one_time("6lzep34v")),
    ("user_one_time_has_generated_name", lambda: one_time("")),
    ("user_system_cannot_log_in", lambda: User.objects.create(username="k", kind="system", password="argon2$x")),
    ("access_key_is_named", lambda: key(name="")),
    ("access_key_is_named", lambda: key(system="")),
    ("access_key_has_a_digest", lambda: key(digest="")),
    ("access_key_expires", lambda: key(expires_at=now() - timedelta(days=1))),
    ("access_key_revoked_by_somebody", lambda: key(revoked_by=staff())),
    ("access_key_scope_once", scope_twice),
    ("lti_platform_registered_once", lambda: [platform(), platform(source="other")]),
    ("lti_platform_is_named", lambda: platform(source="")),
    ("lti_platform_is_named", lambda: platform(issuer="")),
    ("lti_platform_is_named", lambda: platform(client_id="")),
    ("lti_platform_has_addresses", lambda: platform(authorization_url="")),
    ("lti_platform_has_addresses", lambda: platform(token_url="ftp://x")),
    ("lti_platform_has_addresses", lambda: platform(keyset_url="x")),
    ("lti_deployment_once", lambda: deployments("1", "1")),
    ("lti_deployment_is_named", lambda: deployments("")),
    ("lti_course_once", lambda: courses({}, {"title": "Law"})),
    ("lti_course_can_be_asked", lambda: courses({"context_id": ""})),
    ("lti_course_can_be_asked", lambda: courses({"members_url": ""})),
    ("used_launch_once", lambda: [UsedLaunch.objects.create(digest="d0") for _ in range(2)]),
    ("used_launch_has_a_digest", lambda: UsedLaunch.objects.create(digest="")),
    ("access_key_scope_known", lambda: AccessKeyScope.objects.create(key=key(), scope="everything")),
    ("access_token_has_a_digest", lambda: token(digest="")),
    ("access_token_expires", lambda: token(expires_at=now() - timedelta(hours=1))),
    ("external_test_once_per_system", lambda: (external(), external())),
    ("external_test_has_an_id", lambda: external(external_id="")),
    ("answered_call_counts_once", called_twice),
    ("answered_call_is_named", lambda: AnsweredCall.objects.create(key=key(), name="", fingerprint="f")),
    ("audit_seal_is_numbered", lambda: seal(0, previous="")),
    ("audit_seal_has_rows", lambda: seal(1, rows=0)),
    ("audit_seal_follows_one", lambda: (seal(1), seal(2))),
    ("second_step_key_is_sealed", lambda: SecondStep.objects.create(user=staff(), sealed_key="NOTAREALSECRET")),
    (
        "recovery_code_is_a_digest",
        lambda: RecoveryCode.objects.create(
            second_step=SecondStep.objects.create(user=staff(), sealed_key="gAAAA"), verifier="4tkm-uxvc"
        ),
    ),
    *(
        ("user_only_staff_must_change_password", lambda kind=kind: refused_of(kind))
        for kind in ("permanent", "sso", "one_time")
    ),
    ("sso_identity_once_per_type", lambda: two_identities(sso_key="kari@u.no")),
    ("sso_subject_once_per_type", lambda: two_identities(subject="f00")),
    ("sso_identity_is_named", lambda: identity(staff(), authentication_type="")),
    ("sso_identity_is_named", lambda: identity(staff(), sso_user_id="")),
    ("sso_identity_is_named", lambda: identity(staff(), sso_key="")),
    ("candidate_id_once_per_test", lambda: twice(lambda: place(candidate_id="kari", candidate_key="kari"))),
    ("candidate_person_once_per_test", two_of_one_person),
    ("candidate_id_is_not_empty", lambda: place(candidate_id="")),
    ("candidate_id_is_not_empty", lambda: place(candidate_key="")),
    ("candidate_kind_agrees_with_columns", lambda: place(kind="robot")),
    ("candidate_kind_agrees_with_columns", lambda: place(sso_user_id="kari@u.no")),
    ("candidate_kind_agrees_with_columns", lambda: place(authentication_type="Feide")),
    (
        "candidate_kind_agrees_with_columns",
        lambda: place(kind="sso", authentication_type="Feide", sso_user_id="kari@u.no"),
    ),
    ("candidate_kind_agrees_with_columns", lambda: place(kind="sso", user=staff(), sso_user_id="kari@u.no")),
    ("candidate_kind_agrees_with_columns", lambda: place(kind="sso", user=staff(), authentication_type="Feide")),
    ("candidate_kind_agrees_with_columns", lambda: place(kind="permanent")),
    ("candidate_kind_agrees_with_columns", lambda: place(kind="permanent", user=staff(), sso_user_id="kari@u.no")),
    ("candidate_one_time_login_is_for_sso", lambda: place(one_time_login=one_time("6czep34v"))),
    (
        "candidate_one_time_login_is_for_sso",
        lambda: place(kind="permanent", user=staff(), one_time_login=one_time("6czep34v")),
    ),
    ("candidate_extra_time_in_bounds", lambda: place(extra_minutes=7 * 24 * 60 + 1)),
    ("candidate_extra_time_in_bounds", lambda: place(incident_minutes=7 * 24 * 60 + 1)),
    ("candidate_submits_after_starting", backwards),
    ("candidate_submits_after_starting", lambda: place(submitted_at=timezone.now())),
    ("user_file_format_name_once", lambda: twice(lambda: UserFileFormat.objects.create(name="Registry"))),
    ("user_file_format_is_named", lambda: UserFileFormat.objects.create(name="")),
    (
        "user_file_format_one_default",
        lambda: [UserFileFormat.objects.create(name=name, is_default=True) for name in ("a", "b")],
    ),
    ("user_file_column_place_once", lambda: columns("first_name", "last_name", positions=(1, 1))),
    ("user_file_column_once", lambda: columns("first_name", "first_name")),
    ("user_file_column_known", lambda: columns("is_superuser")),
    ("user_file_column_ignored_is_not_required", lambda: columns("ignored", required=True)),
    ("candidate_identity_pending_is_sso", lambda: place(is_identity_pending=True)),
    (
        "candidate_kind_agrees_with_columns",
        lambda: place(
            kind="sso", user=staff(), authentication_type="Feide", sso_user_id="kari@u.no", is_identity_pending=True
        ),
    ),
    ("roster_state_is_named", lambda: RosterState.objects.create(source="")),
    ("roster_failures_say_why", lambda: RosterState.objects.create(source="uni", failures_in_a_row=1)),
    ("roster_failures_say_why", lambda: RosterState.objects.create(source="uni", last_error="No.")),
    ("roster_failures_say_why", lambda: RosterState.objects.create(source="uni", is_stopped=True)),
    ("roster_state_lease_ends", lambda: RosterState.objects.create(source="uni", lease="x")),
    ("roster_connection_is_named", lambda: roster(exam_key="")),
    ("roster_removes_only_what_it_applies", lambda: roster(removes_itself=True)),
    ("roster_error_has_a_time", lambda: roster(last_error="It did not answer.")),
    ("roster_lease_ends", lambda: roster(lease="x")),
    ("roster_snapshot_in_bounds", lambda: RosterSnapshot.objects.create(connection=roster(), count=5001)),
    ("roster_identity_once_per_claim", lambda: twice(roster_identity)),
    ("roster_identity_is_named", lambda: roster_identity(login_key="")),
    ("roster_enrolment_once_per_test", lambda: twice(enrolment)),
    ("roster_enrolment_is_named", lambda: enrolment(source_key="")),
    ("import_of_a_roster_is_complete", lambda: an_import(roster_source="uni")),
    ("export_expires", lambda: export(expires_at=now() - timedelta(days=1))),
    ("export_state_known", lambda: export(state="lost")),
    ("export_has_content_when_done", lambda: export(state="done")),
    ("export_lease_ends", lambda: export(lease="x")),
    ("subscription_asks_for_something", lambda: subscription(test_finished=False)),
    ("subscription_target_is_an_address", lambda: subscription(target="x.example")),
    ("subscription_secret_is_sealed", lambda: subscription(sealed_secret="secret")),
    ("subscription_lease_ends", lambda: subscription(lease="x")),
    ("subscription_failures_began", lambda: subscription(failures=1)),
    ("subscription_given_up_failed", lambda: subscription(given_up_at=now())),
    ("delivery_once_per_act", lambda: delivery(of=delivery().subscription)),
    ("delivery_event_known", lambda: delivery(event="exploded")),
    ("delivery_state_known", lambda: delivery(state="lost")),
    ("delivery_delivered_was_tried", lambda: delivery(state="delivered")),
    ("candidate_seat_once_per_room", lambda: seated_twice(Location.objects.create(room="V101"))),
    ("candidate_seat_once_without_room", lambda: seated_twice(None)),
    ("list_format_name_once", lambda: twice(lambda: a_format(owner=User.objects.first() or staff()))),
    ("list_format_is_named", lambda: a_format(name="")),
    ("list_format_kind_known", lambda: a_format(kind="users")),
    ("import_remembers_columns_of_candidates", lambda: an_import(kind="permanent", remember_as="Exam office")),
    ("import_remembers_columns_of_candidates", lambda: a_file(is_for_everybody=True)),
    ("import_hidden_rows_known", lambda: an_import(hidden_rows_are="maybe")),
    ("import_kind_known", lambda: an_import(kind="robot")),
    ("import_status_known", lambda: a_file(status="lost")),
    ("import_existing_known", lambda: an_import(existing="erase")),
    ("import_is_for_a_test", lambda: an_import(test=None)),
    ("import_is_for_a_test", lambda: a_file(test=make_test())),
    ("import_type_is_for_sso", lambda: an_import(kind="sso")),
    ("import_type_is_for_sso", lambda: an_import(authentication_type="campus")),
    ("import_list_is_for_permanent", import_from_list),
    ("import_keeps_no_passwords", lambda: an_import(kind="permanent", source=b"kari,secret")),
    ("import_keeps_no_passwords", lambda: a_file(has_passwords=True, source=b"kari,secret")),
    ("import_keeps_no_passwords", lambda: an_import(status="done", added=1, source=b"0001")),
    ("import_counts", lambda: a_file(total=1, done=2)),
    ("import_expires_later", lambda: an_import(expires_at=timezone.now() - timedelta(hours=1))),
    ("import_did_something", lambda: an_import(status="done")),
    ("import_undone_was_done", lambda: an_import(undone_at=timezone.now())),
    ("import_undone_was_done", lambda: a_file(status="done", undone_at=timezone.now())),
    ("import_chunk_once", chunk_twice),
    ("import_changes_a_candidate_once", changed_twice),
    ("import_complete_is_of_a_list", lambda: an_import(kind="permanent", is_complete=True)),
    ("import_complete_is_of_a_list", lambda: a_file(is_complete=True)),
    ("import_complete_is_of_a_list", lambda: an_import(removed=1)),
    ("prepared_person_once_per_test", lambda: twice(prepared)),
    ("prepared_id_once_per_test", lambda: prepared_twice(candidate_id="0001", candidate_key="0001")),
    (
        "prepared_seat_once_per_room",
        lambda: prepared_twice(seat="1", location=Location.objects.create(room="V101")),
    ),
    ("prepared_seat_once_without_room", lambda: prepared_twice(seat="1")),
    ("prepared_is_for_somebody", lambda: prepared(person="", person_key="")),
    ("prepared_id_has_its_key", lambda: prepared(candidate_id="0001")),
    ("prepared_extra_time_in_bounds", lambda: prepared(extra_minutes=7 * 24 * 60 + 1)),
    ("prepared_candidate_has_joined", lambda: prepared(missed="seat")),
    ("prepared_candidate_has_joined", lambda: prepared(joined_as=candidate())),
    ("import_removes_a_candidate_once", removed_twice),
    ("import_removes_who_was_there", lambda: removal(candidate_id="")),
    ("import_removes_who_was_there", lambda: removal(public_id="")),
    ("import_removal_kind_agrees_with_columns", lambda: removal(kind="permanent")),
    ("import_removal_kind_agrees_with_columns", lambda: removal(user=staff())),
    ("import_removal_kind_agrees_with_columns", lambda: removal(kind="sso", user=staff())),
    ("import_removal_kind_agrees_with_columns", lambda: removal(sso_user_id="kari@uni.example")),
    (
        "import_removal_kind_agrees_with_columns",
        lambda: removal(kind="sso", authentication_type="campus", sso_user_id="k@u"),
    ),
    ("location_once", lambda: twice(lambda: Location.objects.create(building="Vesthall", room="V101"))),
    ("location_once", lambda: twice(lambda: Location.objects.create(room="V101"))),
    ("location_has_a_name", lambda: Location.objects.create()),
    ("location_capacity_in_bounds", lambda: Location.objects.create(room="V101", capacity=0)),
    ("location_capacity_in_bounds", lambda: Location.objects.create(room="V101", capacity=10_000)),
    ("location_former_name_is_of_another", lambda: named_before(is_active=True)),
    (
        "location_former_name_is_of_another",
        lambda: Location.objects.filter(pk=named_before().pk).update(known_as=F("pk")),
    ),
    ("spread_moves_a_candidate_once", spread_twice),
    ("spread_undone_by_whom_says_when", lambda: Spread.objects.create(test=make_test(), undone_by=staff())),
    ("sealed_password_is_a_token", lambda: SealedPassword.objects.create(user=staff(), token="k5dm3yj834ff4")),
    ("permanent_external_id_once", same_external_id),
    ("permanent_user_is_named", lambda: person(first_name="", last_name="")),
    ("permanent_list_name_once_per_owner", list_twice),
    ("permanent_list_is_named", lambda: a_list(staff(), name="")),
    ("permanent_list_member_once", member_twice),
    ("permanent_list_share_once", share_twice),
    ("submission_stays_as_handed_in", lambda: submission(handed_in_revision=2, digest="0" * 64)),
    ("submission_digest_of_what_was_handed_in", lambda: submission(handed_in_revision=1)),
    ("submission_digest_of_what_was_handed_in", lambda: submission(digest="0" * 64)),
    ("answer_version_once_per_slot", lambda: [version(found, 0) for found in [submission()] for _time in range(2)]),
    ("answer_version_slot_known", lambda: version(submission(), MAX_VERSIONS)),
    ("mark_is_points_or_grade", lambda: mark("1", grade="B")),
    ("test_scale_known", lambda: make_test(scale="stars")),
    ("test_grades_are_given_of_a_scale", lambda: make_test(graders_give_grades=True)),
    ("test_max_points_in_bounds", lambda: make_test(max_points=0)),
    ("test_max_points_in_bounds", lambda: make_test(max_points=1001)),
    ("test_marks_due_can_be_reckoned_with", lambda: make_test(marks_due_on=date(2200, 1, 1))),
    ("scale_grade_once_per_position", lambda: graded({"word": "A"}, {"word": "B"})),
    ("scale_grade_once", lambda: graded({"word": "A"}, {"word": "A", "position": 1})),
    (
        "scale_grade_begins_alone",
        lambda: graded({"word": "A", "from_points": 20}, {"word": "B", "from_points": 20, "position": 1}),
    ),
    ("scale_grade_has_a_word", lambda: graded({"word": ""})),
    ("scale_grade_position_known", lambda: graded({"word": "A", "position": 20})),
    ("scale_grade_begins_in_bounds", lambda: graded({"word": "A", "from_points": 0})),
    ("scale_grade_begins_in_bounds", lambda: graded({"word": "A", "from_points": 1001})),
    ("candidate_spare_is_one_time", lambda: place(given_at=now())),
    ("candidate_spare_is_one_time", lambda: place(kind="permanent", user=staff(), is_spare=True)),
    ("attendance_presence_known", lambda: Attendance.objects.create(candidate=candidate(), presence="late")),
    ("attendance_presence_known", lambda: Attendance.objects.create(candidate=candidate(), presence="present")),
    ("attendance_id_check_known", lambda: Attendance.objects.create(candidate=candidate(), id_check="verified")),
    ("attendance_mark_once", marked_twice),
    ("attendance_mark_has_a_nonce", lambda: at_the_door(nonce="")),
    ("attendance_mark_known", lambda: at_the_door(value="verified")),
    ("attendance_mark_known", lambda: at_the_door(about="note", value="")),
    ("attendance_correction_has_a_reason", lambda: at_the_door(is_correction=True)),
    ("attendance_press_is_about_presence", lambda: at_the_door(press="p", about="id_check", value="verified")),
    ("attendance_press_is_about_presence", lambda: at_the_door(press="p", is_correction=True, text="why")),
    ("attendance_mark_arrives_later", lambda: at_the_door(at=now() + timedelta(minutes=1))),
    ("joined_spare_once", joined_twice),
    ("mark_in_bounds", lambda: mark("-1")),
    ("mark_in_bounds", lambda: mark("1000.01")),
    ("test_holds_1500", lambda: Test.objects.filter(pk=make_test().pk).update(candidate_count=1501)),
    ("test_name_is_plain", lambda: make_test(name="")),
    ("test_name_is_plain", lambda: make_test(name="BIO [2150")),
    ("test_name_is_plain", lambda: make_test(name="BIO 2150]")),
    ("test_ends_after_it_opens", lambda: make_test(window=timedelta(0))),
    ("test_ends_after_it_opens", lambda: make_test(window=timedelta(minutes=-1))),
    ("test_ends_after_it_opens", lambda: Test.objects.create(name="BIO2150")),
    ("test_ends_after_it_opens", lambda: Test.objects.create(name="BIO2150", opens_at=timezone.now())),
    ("test_ends_after_it_opens", lambda: Test.objects.create(name="BIO2150", ends_at=timezone.now(), is_demo=True)),
    ("test_times_can_be_reckoned_with", lambda: make_test(now=datetime(1899, 12, 1, tzinfo=UTC))),
    ("test_times_can_be_reckoned_with", lambda: make_test(now=datetime(2200, 1, 1, tzinfo=UTC))),
    ("test_duration_is_positive", lambda: make_test(duration_minutes=0)),
    ("test_duration_is_positive", lambda: make_test(duration_minutes=2881)),
    ("test_demo_has_no_candidates", lambda: make_test(is_demo=True, candidate_count=1)),
    ("test_opened_only_while_activated", open_and_deactivate),
    ("contributor_once_per_role", contribute_twice),
    ("contributor_once_per_room", invigilate_a_room_twice),
    (
        "contributor_role_known",
        lambda: Contributor.objects.create(test=make_test(), user=staff(), role="robot"),
    ),
    ("contributor_location_is_for_invigilators", lambda: bound("grader")),
    ("contributor_location_is_for_invigilators", lambda: bound("planner")),
    ("printed_slip_once_per_version", lambda: twice(lambda: printed_slip())),
    ("printed_slip_is_named", lambda: printed_slip(candidate_id="")),
    ("printed_slip_is_named", lambda: printed_slip(candidate_public_id="")),
    ("room_pack_once", lambda: packed_twice(Location.objects.create(room="V101"))),
    ("room_pack_once_without_room", lambda: packed_twice(None)),
    ("slip_print_layout_known", lambda: SlipPrint.objects.create(test=make_test(), layout="banner")),
    (
        "mark_comment_in_bounds",
        lambda: Mark.objects.create(candidate=candidate(), comment="x" * 10_001, marked_at=now()),
    ),
    ("test_texts_in_bounds", lambda: make_test(information="x" * 10_001)),
    ("test_texts_in_bounds", lambda: make_test(questions="x" * 200_001)),
    ("test_archived_only_while_activated", lambda: make_test(archived_at=now())),
    ("test_without_answers_stays_archived", lambda: make_test(activated_at=now(), answers_deleted_at=now())),
    ("aged_out_once_per_kind", lambda: aged_twice(make_test())),
    ("joining_code_once", lambda: codes("HAV123456789", "HAV123456789")),
    ("joining_code_is_whole", lambda: codes("HAV12345678")),
    ("joining_code_is_whole", lambda: joining(code="HAV123456789")),
    ("joining_ends_after_it_begins", lambda: joining(works_until=now() - timedelta(hours=1))),
    ("joining_ends_after_it_begins", lambda: joining(works_from=datetime(1899, 12, 31, tzinfo=UTC))),
    ("joining_holds_1500", lambda: joining(max_joiners=1501)),
    ("joining_holds_1500", lambda: joining(max_joiners=0)),
    ("joining_within_its_cap", lambda: joining(max_joiners=2, joined_count=3)),
    ("joining_permanent_known", lambda: joining(permanent="some")),
    ("joining_list_once", listed_twice),
    ("allowed_joiner_once", lambda: allowed("kari", "kari")),
    ("allowed_joiner_is_named", lambda: allowed("")),
    ("join_request_once_per_person", asked_twice),
    ("join_request_has_its_turn", lambda: asked_twice(user=staff(), turn=1)),
    ("join_request_state_known", lambda: request(state="here")),
    ("join_request_joined_is_a_candidate", lambda: request(state="joined")),
    ("join_request_joined_is_a_candidate", lambda: request(state="asked", candidate=candidate())),
    ("join_request_sentence_is_to_who_was_refused", lambda: request(sentence="No.")),
    ("aged_out_kind_known", lambda: AgedOut.objects.create(test=make_test(), kind="tests")),
    ("session_of_a_person_says_when", lambda: Session.objects.create(session_key="k", expire_date=now(), user=staff())),
    ("sent_form_counts_once", lambda: sent_twice(staff())),
    ("sent_form_has_a_key", lambda: SentForm.objects.create(user=staff(), key="")),
    ("scheduled_job_once", lambda: twice(lambda: ScheduledJob.objects.create(name="purge"))),
    ("scheduled_job_is_named", lambda: ScheduledJob.objects.create(name="")),
    ("scheduled_job_lease_ends", lambda: ScheduledJob.objects.create(name="purge", lease="somebody")),
    ("scheduled_job_lease_ends", lambda: ScheduledJob.objects.create(name="purge", leased_until=timezone.now())),
]


def constraints() -> dict[str, models.BaseConstraint]:
    """Return every constraint of every model by its name."""
    every = apps.get_app_config("candidates").get_models()
    return {constraint.name: constraint for model in every for constraint in model._meta.constraints}


def is_named(error: IntegrityError, name: str) -> bool:
    """Say whether the database named this constraint; SQLite names the columns of a unique one instead."""
    if name in str(error):
        return True
    constraint = constraints()[name]
    if connection.vendor != "sqlite" or not isinstance(constraint, models.UniqueConstraint):
        return False
    model = next(model for model in apps.get_models() if constraint in model._meta.constraints)
    fields = {field.name: field.column for field in model._meta.concrete_fields}
    columns = [f"{model._meta.db_table}.{fields[name]}" for name in constraint.fields]
    return str(error) == f"UNIQUE constraint failed: {', '.join(columns)}"


@pytest.mark.parametrize(("name", "breaking"), BREAKING, ids=[name for name, _breaking in BREAKING])
def test_the_database_refuses(name: str, breaking: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        breaking()
    assert is_named(refusal.value, name), str(refusal.value)


def test_every_constraint_of_every_model_is_tested() -> None:
    assert {name for name, _breaking in BREAKING} == set(constraints())


def test_unique_constraints_of_one_table_have_different_columns() -> None:
    """Otherwise SQLite could not say which one was broken."""
    for model in apps.get_app_config("candidates").get_models():
        unique = [one for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
        assert len({tuple(one.fields) for one in unique}) == len(unique)


@pytest.mark.parametrize("username", ["20231234", "kari", "s1234567", "6cze-p34v", "6czep34", "6czep34vv", "1abcdefg"])
@pytest.mark.parametrize("kind", ["staff", "permanent", "sso"])
def test_names_that_people_have_are_taken(username: str, kind: str) -> None:
    assert User.objects.create(username=username, kind=kind).pk


@pytest.mark.parametrize("kind", ["one_time", "permanent"])
def test_generated_names_are_taken_for_generated_logins(kind: str) -> None:
    assert User.objects.create(username="6czep34v", kind=kind, password="deliver_hmac_sha256$n$k$d").pk


def test_the_counter_of_places_is_never_negative() -> None:
    test = make_test()
    with pytest.raises(IntegrityError), transaction.atomic():
        Test.objects.filter(pk=test.pk).update(candidate_count=-1)


def test_no_user_name_comes_twice() -> None:
    make_staff("kari")
    with pytest.raises(IntegrityError):
        make_staff("kari")


def test_what_lies_at_the_edges_is_taken() -> None:
    test = make_test(duration_minutes=2880, name="x" * 500)
    Test.objects.filter(pk=test.pk).update(candidate_count=1500)
    Test.objects.create(name="Try it", is_demo=True)
    now = timezone.now()
    place(extra_minutes=10080, incident_minutes=10080, started_at=now, submitted_at=now)
    person("kari", external_id="")
    person("ola", external_id="", first_name="")
    for number, subject in enumerate([None, None, "f00"]):
        identity(make_staff(f"s{number}"), sso_key=f"k{number}", subject=subject)
    Location.objects.create(building="Vesthall")
    Location.objects.create(room="V101")
    assert Test.objects.get(pk=test.pk).candidate_count == 1500
    assert SsoIdentity.objects.count() == 3
    assert Location.objects.count() == 2


def test_a_location_to_which_an_invigilator_is_bound_is_not_deleted(exam: Test, room: Location) -> None:
    Contributor.objects.filter(test=exam, role="invigilator").update(location=room)
    with pytest.raises(ProtectedError):
        room.delete()

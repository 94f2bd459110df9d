"""Contributors: the staff who plan, invigilate and grade a test."""

from collections import defaultdict

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field, StrictBool

from candidates.access import reached_test
from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.problems import Wrong, invalid, pointer_to
from candidates.api.schemas import OURS, Answer, Body, Text
from candidates.lifecycle.anonymity import NotAnonymous
from candidates.lifecycle.contributors import (
    ContributorsRefused,
    add_contributors,
    contributors_of,
    remove_contributors,
    staff_named,
)
from candidates.models import Contributor, Location, Scope, Test, User

MAX_CONTRIBUTORS = 200
Role = Contributor.Role

router = Router(tags=["Contributors"], by_alias=True)


class ExternalUserId(Answer):
    """How somebody is known elsewhere."""

    auth_type: str
    external_user_id: str


class ContributorAnswer(Answer):
    """Somebody who works on a test."""

    user_id: str = Field(description="The user name: staff have no other id. " + OURS)
    first_name: str = Field(description="Empty: names of staff are in one piece. " + OURS)
    last_name: str
    user_name: str
    roles: list[str] = Field(description="planner, invigilator, grader. " + OURS)
    rooms: list[str] = Field(description="Of an invigilator; empty: all. " + OURS)
    external_user_ids: list[ExternalUserId]


class Contributors(Answer):
    """Who works on a test."""

    contributors: list[ContributorAnswer]


class ContributorSent(Body):
    """Somebody of the staff, by user name or by e-mail, who has the system role already."""

    external_id: Text | None = Field(default=None, max_length=150, description="The user name. " + OURS)
    email: Text | None = Field(default=None, max_length=254)
    first_name: Text | None = Field(default=None, max_length=200, description="Taken, and not stored.")
    last_name: Text | None = Field(default=None, max_length=200, description="Taken, and not stored.")
    roles: list[Role] = Field(min_length=1, max_length=3)
    building_name: Text = Field(default="", max_length=100)
    room_name: Text = Field(default="", max_length=100)
    send_notification: StrictBool = Field(default=False, description="Taken; nothing is sent.")


class ContributorsSent(Body):
    """People to add; whoever has the role already keeps it."""

    authentication_system: Text | None = Field(default=None, max_length=50, description="Taken, and without effect.")
    contributors: list[ContributorSent] = Field(min_length=1, max_length=MAX_CONTRIBUTORS)


class Done(Answer):
    """It was done."""

    success: bool = True


def shown_contributors(test: Test) -> list[ContributorAnswer]:
    """Return who works on a test, by name, each once."""
    roles: dict[User, dict[str, list[str]]] = defaultdict(dict)
    for one in contributors_of(test):
        roles[one.user].setdefault(one.role, []).extend([str(one.location)] if one.location else [])
    return [
        ContributorAnswer(
            user_id=user.username,
            first_name="",
            last_name=user.name,
            user_name=user.username,
            roles=sorted(held),
            rooms=held.get(Role.INVIGILATOR, []),
            external_user_ids=[ExternalUserId(auth_type="username", external_user_id=user.username)],
        )
        for user, held in roles.items()
    ]


@router.get("/test/{test_id}/contributors", response=Contributors, **needs(Scope.TESTS_READ))
def list_contributors(request: HttpRequest, test_id: str) -> Contributors:
    """List who works on a test."""
    return Contributors(contributors=shown_contributors(reached_test(caller(request).key, test_id)))


@router.post("/test/{test_id}/contributors", response=Done, **needs(Scope.TESTS_WRITE))
@writes
def send_contributors(request: HttpRequest, test_id: str, sent: ContributorsSent) -> Answer:
    """Give people of the staff roles on a test: all or, where one cannot, none."""
    test = reached_test(caller(request).key, test_id, changes=True)
    found = _found(sent)
    wrong = [
        Wrong(detail=_("Nobody of the staff who may log in is called so."), pointer=_pointer_to_name(sent, place))
        for place, user in enumerate(found)
        if user is None
    ]
    rooms = _rooms(sent)
    wrong += [
        Wrong(
            detail=_("No room that is in use is called so. Add it first, or look at its name."),
            pointer=pointer_to("contributors", place, "roomName" if one.room_name.strip() else "buildingName"),
        )
        for place, one in enumerate(sent.contributors)
        if any(_named(one)) and _named(one) not in rooms
    ]
    if wrong:
        raise invalid(wrong)
    held = {(one.user_id, one.role) for one in contributors_of(test)}
    # people are locked one after the other: in one order
    people = sorted(enumerate(found), key=lambda one: one[1].pk if one[1] else 0)
    for place, user in people:
        if user is not None:
            wrong += _give(request, test, user, sent.contributors[place], place, held, rooms)
    if wrong:
        raise invalid(wrong)
    return Done()


@router.delete("/test/{test_id}/contributors/{user_name}/{role}", response=Done, **needs(Scope.TESTS_WRITE))
@writes
def remove_contributor(request: HttpRequest, test_id: str, user_name: str, role: Role) -> Answer:
    """Take a role from somebody (ours). A test keeps a planner who can work."""
    test = reached_test(caller(request).key, test_id, changes=True)
    name = User.normalize_username(user_name)
    rows = [one for one in contributors_of(test) if one.role == role and one.user.username == name]
    if rows:
        remove_contributors(test=test, contributors=rows, by=caller(request).account)
    return Done()


def _found(sent: ContributorsSent) -> list[User | None]:
    names = [one.external_id or one.email or "" for one in sent.contributors]
    known = staff_named(names)
    return [known.get(User.normalize_username(name)) for name in names]


def _pointer_to_name(sent: ContributorsSent, place: int) -> str:
    one = sent.contributors[place]
    return pointer_to("contributors", place, "email" if one.email and not one.external_id else "externalId")


def _named(one: ContributorSent) -> tuple[str, str]:
    return one.building_name.strip(), one.room_name.strip()


def _rooms(sent: ContributorsSent) -> dict[tuple[str, str], Location]:
    """Return the rooms in use that are named: none is made here, for a misspelt one would bind somebody to nothing."""
    wanted = {_named(one) for one in sent.contributors}
    found = Location.objects.filter(building__in={building for building, _room in wanted}).select_related("known_as")
    named = {(one.building, one.room): one.known_as or one for one in found}
    return {name: room for name, room in named.items() if name in wanted and room.is_active}


def _give(
    request: HttpRequest,
    test: Test,
    user: User,
    one: ContributorSent,
    place: int,
    held: set[tuple[int, str]],
    known: dict[tuple[str, str], Location],
) -> list[Wrong]:
    """Give somebody roles, and return what is in the way."""
    wrong = []
    for number, role in enumerate(one.roles):
        pointer = pointer_to("contributors", place, "roles", number)
        named = _named(one)
        if any(named) and role != Role.INVIGILATOR:
            wrong.append(Wrong(detail=_("Only an invigilator is bound to a room."), pointer=pointer))
            continue
        if (user.pk, role) in held and not any(named):
            continue
        rooms = [known[named]] if any(named) else []
        try:
            add_contributors(test=test, users=[user], role=role, by=caller(request).account, rooms=rooms)
        except NotAnonymous as refusal:
            sentence = _("%(why)s A planner can allow that on the test's page.") % {"why": refusal.sentence}
            wrong.append(Wrong(detail=sentence, pointer=pointer))
        except ContributorsRefused as refusal:
            if (user.pk, role) not in held:
                wrong.append(Wrong(detail=refusal.sentence, pointer=pointer))
        held.add((user.pk, role))
    return wrong

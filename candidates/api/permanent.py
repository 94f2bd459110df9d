"""Permanent users whom another system puts on a test, by username; checked as people who are chosen on a page."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from candidates.api.problems import Wrong, pointer_to
from candidates.candidate_ids import candidate_key, generated_ids
from candidates.intake.columns import MappedRow
from candidates.intake.door import existing_ids
from candidates.intake.headings import CANDIDATE_ID, EXTRA_TIME
from candidates.intake.permanent import ACCOUNT, NAME, USERNAME, PeopleAround
from candidates.intake.prepared import kept_for_others
from candidates.intake.prepared_lists import person_key
from candidates.models import PermanentUser, Test

PERMANENT = "permanent"
"""What stands for permanent users where an SSO setup is named."""
NOT_HERE = {
    "name": "name",
    "private_reference": "privateReference",
    "building_name": "buildingName",
    "room_name": "roomName",
    "seat": "seat",
}
"""Members that no list of permanent users has: the name is the account's, the place is set candidate by candidate."""


def rows_of_accounts(
    test: Test, sent: Sequence[Mapping[str, str]], *, names: bool
) -> tuple[list[MappedRow], list[Wrong]]:
    """Return a row for each permanent user, whose `external_id` is a username, and what is wrong with the others.

    An empty Candidate ID is the next number. Without `names` nothing that is said of a row has more than the username.
    """
    people = _people_of(sent)
    wrong = list(_wrong(sent, people))
    accounts = [MappedRow(0, {ACCOUNT: str(person.pk)}) for person in people.values()]
    on_test = PeopleAround.of(test, accounts).on_test
    given = {candidate_key(one["candidate_id"]) for one in sent if one["candidate_id"].strip()}
    free = generated_ids(test.last_number, given | existing_ids(test).keys() | kept_for_others(test))
    rows = []
    for number, one in enumerate(sent, 1):
        person = people.get(_key(one))
        if person is None:
            continue
        there = on_test.get(person.pk)
        values = {
            CANDIDATE_ID: there.candidate_id if there else one["candidate_id"].strip() or next(free),
            EXTRA_TIME: one["extra_time"],
            USERNAME: person.user.shown_username,
            NAME: person.full_name if names else person.user.shown_username,
            ACCOUNT: str(person.pk),
        }
        rows.append(MappedRow(number, values))
    return rows, wrong


def _key(one: Mapping[str, str]) -> str:
    return person_key("", one["external_id"].strip())


def _people_of(sent: Sequence[Mapping[str, str]]) -> dict[str, PermanentUser]:
    found = PermanentUser.objects.filter(user__username__in={_key(one) for one in sent}).select_related("user")
    return {person.user.username: person for person in found}


def _wrong(sent: Sequence[Mapping[str, str]], people: Mapping[str, PermanentUser]) -> Iterator[Wrong]:
    """Yield what is wrong before anything can be looked up: nobody, somebody twice, and members that do not go here."""
    first: dict[str, int] = {}
    for place, one in enumerate(sent):
        key, where = _key(one), pointer_to("candidates", place, "externalId")
        if key not in people:
            yield Wrong(detail=_("No permanent user has this username."), pointer=where)
        elif first.setdefault(key, place) != place:
            same = pointer_to("candidates", first[key])
            yield Wrong(detail=_("%(pointer)s is the same person.") % {"pointer": same}, pointer=where)
        for name, member in NOT_HERE.items():
            if one[name]:
                sentence = _("Leave it out: the name is the account’s, and a place is given by changing the candidate.")
                yield Wrong(detail=sentence, pointer=pointer_to("candidates", place, member))

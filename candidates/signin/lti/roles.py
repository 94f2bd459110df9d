"""What somebody is in a course, by the words of LTI (LTI 1.3 core, appendix A)."""

import re
from collections.abc import Iterable

ROLE = re.compile(r"(?:http://purl\.imsglobal\.org/vocab/lis/v2/membership(?:/(\w+))?#)?(\w+)")
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"  # how a teacher looks at a course
OF_STAFF = frozenset({"Instructor", "ContentDeveloper", "Administrator", "Manager"})


def is_learner(roles: Iterable[str]) -> bool:
    """Say whether somebody takes the course, and neither gives it nor only looks at it."""
    known = list(roles)
    return takes(known) and TEST_USER not in known and not is_staff(known)


def takes(roles: Iterable[str]) -> bool:
    """Say whether somebody takes the course, whatever else they do in it."""
    return "Learner" in _in_the_course(roles)


def is_staff(roles: Iterable[str]) -> bool:
    """Say whether somebody gives or looks after the course, teaching assistants among them."""
    return not OF_STAFF.isdisjoint(_in_the_course(roles))


def _in_the_course(roles: Iterable[str]) -> set[str]:
    """Return the core roles; "membership/Instructor#TeachingAssistant" is one of Instructor."""
    found = (ROLE.fullmatch(role) for role in roles)
    return {one[1] or one[2] for one in found if one}

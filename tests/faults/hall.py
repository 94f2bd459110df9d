"""Fill a database that no test run made: python -m tests.faults.hall COUNT, with its address in DATABASE_URL.

Migrates, puts that many candidates on an open test, and prints them as JSON.
"""

import json
import sys

import django


def main(count: int) -> None:
    """Make the hall and print who sits in it."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from candidates.models import Candidate
    from tests.factories import activated, add_many, make_staff, make_test, open_now, password_of

    planner = make_staff("planner", "Ingrid Solheim", is_planner=True)
    test = make_test(planner=planner)
    add_many(test, planner, count)
    open_now(activated(test, planner))
    people = [
        [one.user.username, password_of(one), one.public_id, test.public_id]
        for one in Candidate.objects.of_test(test).select_related("user")
        if one.user is not None
    ]
    json.dump(people, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))

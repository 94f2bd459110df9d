"""Ask the database after a storm: python -m tests.storm.checking < answers.json; prints what is wrong, as JSON."""

import json
import sys
from collections import Counter
from collections.abc import Mapping

import django


def problems(answers: Mapping[str, str]) -> list[str]:
    """Return what is wrong: `answers` is what was reported saved last, by candidate.

    Each of them has exactly that answer, started, submitted and has a login in the audit; nobody else has an answer.
    """
    from candidates.audit import Action
    from candidates.models import AuditEvent, Candidate

    found: Counter[str] = Counter()
    logins = Counter(AuditEvent.objects.filter(action=Action.LOGIN).values_list("actor", flat=True))
    for one in Candidate.objects.select_related("submission"):
        held = one.submission.answer if hasattr(one, "submission") else None
        reported = answers.get(one.public_id)
        if reported is None:
            found["an answer of somebody who reported none"] += bool(held)
            continue
        found["not the answer that was reported saved"] += held != reported
        found["not started, submitted or logged in"] += None in (one.started_at, one.submitted_at, one.logged_in_at)
        found["no login in the audit"] += one.user_id not in logins
    unknown = set(answers) - set(Candidate.objects.values_list("public_id", flat=True))
    found["an answer of nobody"] += len(unknown)
    return [f"{count} x {what}" for what, count in found.items() if count]


if __name__ == "__main__":
    django.setup()
    json.dump(problems(json.load(sys.stdin)), sys.stdout)

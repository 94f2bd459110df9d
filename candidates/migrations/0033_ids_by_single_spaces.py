"""Compare Candidate IDs without regard to how many spaces or joiners stand inside; clashes that exist stay."""

import re
import unicodedata

from django.db import migrations
from django.db.models import Q

SEVERAL_SPACES, JOINERS = "  ", re.compile("[\u200c\u200d]")


def key_of(candidate_id):
    """Return the key as the application makes it at this version."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", JOINERS.sub("", candidate_id)).casefold())
    return " ".join(folded.split())


def sort_key_of(key):
    """Return the text by which lists are sorted."""
    return re.sub(r"[0-9]{1,10}", lambda digits: digits.group().zfill(10), key, count=1)


def fold_spaces(apps, schema_editor):
    """Give candidates the key of single spaces, but those whose key another one of the test has: they keep theirs.

    Nobody can tell two such IDs apart on paper, so the names of these are printed for whoever upgrades.
    """
    candidates = apps.get_model("candidates", "Candidate").objects.using(schema_editor.connection.alias)
    spaced = Q(candidate_key__contains=SEVERAL_SPACES) | Q(candidate_key__contains="\u200c")
    odd = candidates.filter(spaced | Q(candidate_key__contains="\u200d")).order_by("pk")
    kept = []
    for candidate in odd.only("pk", "test_id", "candidate_id", "candidate_key", "test__public_id").select_related("test"):
        key = key_of(candidate.candidate_id)
        if candidates.filter(test_id=candidate.test_id, candidate_key=key).exclude(pk=candidate.pk).exists():
            kept.append(f"{candidate.candidate_id!r} on test {candidate.test.public_id}")
        else:
            candidates.filter(pk=candidate.pk).update(candidate_key=key, sort_key=sort_key_of(key))
    if kept:
        print(f"\n  Left as they are, because another ID of the test differs in spaces alone: {'; '.join(kept)}.")  # noqa: T201


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0032_complete_lists'),
    ]

    operations = [
        migrations.RunPython(fold_spaces, migrations.RunPython.noop),
    ]

"""Names are in order by the alphabet of the institution's language, and numbers as numbers."""

import json
import random
import re
import subprocess
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.utils import timezone

from candidates.access import lists_to_fill
from candidates.alphabet import ALPHABETS, order_key
from candidates.candidate_ids import sort_key
from candidates.intake.accounts.formats import formats
from candidates.intake.list_formats import shown_formats
from candidates.models import Candidate, ListFormat, PermanentUser, PermanentUserList, Test, User, UserFileFormat
from candidates.pages.dashboard.rows import open_demos
from candidates.pages.tests.contributor_forms import ContributorForm
from candidates.text import natural_key
from tests.factories import add, make_permanent, make_staff
from tests.support.node import find_node

SORTED = {
    "nb": ["Aber", "Lund", "Müller", "Zoo", "Ærlig", "Østby", "Östlund", "Aas", "Åsen", "Aasland"],
    "sv": ["Aas", "Lund", "Zoo", "Åberg", "Ängel", "Ærlig", "Ögren", "Østby"],
    "de": ["Ärger", "Arzt", "Göbel", "Goethe", "Straße", "Strasser", "Zoo"],
    "is": ["Alda", "Áki", "Dagur", "Ðór", "Eva", "Zoo", "Þór", "Æsa", "Ösp"],
    "es": ["Nunez", "Nzo", "Ñandu", "Oro"],
    "pl": ["Lato", "Łan", "Zbik", "Źdźbło", "Żaba"],
    "cs": ["Cyril", "Čapek", "Havel", "Chalupa", "Ivan"],
}


@pytest.mark.parametrize("language", SORTED)
def test_letters_of_an_alphabet_stand_where_people_look_for_them(settings: Any, language: str) -> None:
    settings.SORTING_LANGUAGE = language
    names = SORTED[language]
    assert sorted(random.Random(7).sample(names, len(names)), key=natural_key) == names


def test_numbers_are_numbers_and_signs_come_before_them() -> None:
    numbered = ["Aas 2", "Aas 10", "Aas 10 B 9", "Aas 10 B 12", "Aas 99999999999", "Aas 123456789012"]
    names = [*numbered, "Aas Lie", "Aas-Lie"]
    assert sorted(random.Random(3).sample(names, len(names)), key=natural_key) == names
    assert [order_key(text) for text in ("7", "007")] == [order_key("7")] * 2


def test_what_can_be_set_is_what_there_are_alphabets_for() -> None:
    assert set(project.SORTING_LANGUAGES) == set(ALPHABETS)


def test_long_ids_keep_a_key_that_fits() -> None:
    longest = Candidate._meta.get_field("sort_key").max_length
    assert longest is not None
    assert len(sort_key("1a" * 50)) <= longest


def test_lists_follow_the_setting_once_they_are_put_in_order(
    exam: Test, planner: User, settings: Any, capsys: Any
) -> None:
    add(exam, planner, "Zoo", "Ås 2", "Ås 10", "Ø1", "Azur")
    for last_name in ("Åsen", "Ødegård", "Zahl", "Aune"):
        make_permanent("Kari", last_name)

    def in_order() -> tuple[list[str], list[str]]:
        people = PermanentUser.objects.order_by("sort_key", "pk").values_list("last_name", flat=True)
        return list(exam.candidates.order_by("sort_key").values_list("candidate_id", flat=True)), list(people)

    assert in_order() == (["Azur", "Zoo", "Ø1", "Ås 2", "Ås 10"], ["Aune", "Zahl", "Ødegård", "Åsen"])
    settings.SORTING_LANGUAGE = "en"
    call_command("put_in_order")
    assert in_order() == (["Ås 2", "Ås 10", "Azur", "Ø1", "Zoo"], ["Åsen", "Aune", "Ødegård", "Zahl"])
    call_command("put_in_order")
    assert "0 rows" in capsys.readouterr().out.splitlines()[-1]


def test_lists_of_lists_formats_demo_tests_and_staff_are_in_this_order(planner: User) -> None:
    names = ["Zoo", "Ås 10", "Ås 2", "øre", "Azur"]
    for number, name in enumerate(names):
        PermanentUserList.objects.create(name=name, owner=planner)
        ListFormat.objects.create(name=name, owner=planner, kind="one_time", fields={"id": "candidate_id"})
        UserFileFormat.objects.create(name=name)
        Test.objects.create(name=name, is_demo=True, activated_at=timezone.now())
        make_staff(f"staff{number}", name, is_planner=True)
    shown = [
        [one.name for one in lists_to_fill(planner)],
        [one.name for one in shown_formats(planner)],
        [one.name for one in formats()],
        [one.name for one in open_demos(timezone.now())],
        [text.partition(" (")[0] for _key, text in ContributorForm().fields["person"].choices],  # type: ignore[attr-defined]
    ]
    for found in shown:
        assert [name for name in found if name in names] == ["Azur", "Zoo", "øre", "Ås 2", "Ås 10"]


@pytest.mark.parametrize("language", sorted(ALPHABETS))
def test_the_order_is_that_of_icu(settings: Any, language: str) -> None:
    """Node.js, which the tests have anyway, sorts by ICU."""
    settings.SORTING_LANGUAGE = language
    letters = "abcdefghijklmnopqrstuvwxyz" + "".join(one for one in ALPHABETS[language] if len(one) == 1)
    random_ = random.Random(language)
    names = sorted({"".join(random_.choices(letters, k=random_.randint(1, 5))).title() for _name in range(2000)})
    if "aa" in ALPHABETS[language]:  # of a and ä ICU makes aa with dots, which nobody writes
        names = [name for name in names if not re.search("a[åä]", name, re.IGNORECASE)]
    names += ["Aas", "Aase", "Ås", "Åse", "Chalupa", "Cyril", "Lie 2", "Lie 10", "van der Berg", "Vanberg"]
    script = (
        "const [language, names] = JSON.parse(require('fs').readFileSync(0));"
        "const order = new Intl.Collator(language, {numeric: true});"
        "console.log(JSON.stringify(names.sort(order.compare)));"
    )
    sent = json.dumps([language, names])
    done = subprocess.run([find_node(), "-e", script], input=sent, capture_output=True, text=True, check=True)
    keys = [order_key(name) for name in json.loads(done.stdout)]
    assert keys == sorted(keys)

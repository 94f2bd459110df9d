"""Preview and confirmation of a list of 1500 beside the bare work and beside the library's defaults; memory too."""

import tracemalloc
from functools import partial
from itertools import count

import pytest
import tablib
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from import_export.resources import ModelResource

from candidates.candidate_ids import candidate_key, sort_key
from candidates.intake.door import existing_ids
from candidates.intake.drafts import rows_read
from candidates.intake.importing import confirm, preview
from candidates.intake.problems import check_rows
from candidates.models import Candidate, Import, SsoIdentity, Test, User
from tests.benchmarks.support import Report, measure, measure_each
from tests.factories import make_staff, make_test
from tests.intake.lists import waiting

N = 1500
number = count(1)
LIST = "Candidate ID;Extra time\n" + "".join(f"{n:04};{30 if n % 20 == 0 else ''}\n" for n in range(1, N + 1))


def sso_list() -> str:
    """Return 1500 people whom nobody has seen, in forty rooms."""
    batch = next(number)
    return "".join(f"{n:04};p{n}.{batch}@uni.example;;House {n % 4};V{n % 40}\n" for n in range(1, N + 1))


class Defaults(ModelResource):  # type: ignore[misc]  # import_export has no types
    """The same columns as the library would import them by itself, each row cleaned."""

    class Meta:
        model = Candidate
        fields = ("test", "kind", "candidate_id", "candidate_key", "sort_key", "extra_minutes")
        import_id_fields = ("test", "candidate_key")
        clean_model_instances = True


def defaults(prepared: tuple[Test, Import]) -> None:
    test, draft = prepared
    data = tablib.Dataset(headers=Defaults.Meta.fields)
    for row in rows_read(draft):
        text = row.values["candidate_id"]
        data.append([test.pk, "one_time", text, candidate_key(text), sort_key(text), row.values["extra_time"] or 0])
    result = Defaults().import_data(data, raise_errors=True)
    assert result.totals["new"] == N


def bare_checked(prepared: tuple[Test, Import]) -> None:
    """Check the rows in Python against keys loaded once, and insert them: what no implementation can leave out."""
    test, draft = prepared
    with transaction.atomic():
        Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") + N)
        checked = check_rows(
            list(rows_read(draft)),
            existing=existing_ids(test),
            duration=test.percent_base_minutes,
            limit=settings.EXTRA_TIME_LIMIT_MINUTES,
        )
        Candidate.objects.bulk_create(
            Candidate(
                test=test,
                kind="one_time",
                candidate_id=row.candidate_id,
                candidate_key=candidate_key(row.candidate_id),
                sort_key=sort_key(row.candidate_id),
                extra_minutes=row.extra_minutes,
            )
            for row in checked.ready
        )


def bare_sso(prepared: tuple[Test, Import]) -> None:
    """The same for SSO: accounts and identities of 1500 new people, too."""
    test, draft = prepared
    with transaction.atomic():
        Test.objects.filter(pk=test.pk).update(candidate_count=F("candidate_count") + N)
        rows = check_rows(list(rows_read(draft)), existing=existing_ids(test), duration=60, limit=600).ready
        users = User.objects.bulk_create(
            User(username=f"b-{row.sso_user_id}", kind="sso", password="!") for row in rows
        )
        SsoIdentity.objects.bulk_create(
            SsoIdentity(user=user, authentication_type="campus", sso_user_id=row.sso_user_id, sso_key=f"b{user.pk}")
            for row, user in zip(rows, users, strict=True)
        )
        Candidate.objects.bulk_create(
            Candidate(
                test=test,
                kind="sso",
                candidate_id=row.candidate_id,
                candidate_key=candidate_key(row.candidate_id),
                sort_key=sort_key(row.candidate_id),
                user=user,
                authentication_type="campus",
                sso_user_id=row.sso_user_id,
            )
            for row, user in zip(rows, users, strict=True)
        )


def on_a_test(planner: User, text: str = LIST, kind: str = "one_time") -> tuple[Test, Import]:
    """Return a new test and the list that waits for it."""
    test = make_test(planner=planner, name=f"Test {next(number)}")
    return test, waiting(test, planner, text, kind=kind)


@pytest.mark.django_db(transaction=True)
def test_bench_preview() -> None:
    planner = make_staff("planner", is_planner=True)
    report = Report(f"The preview of a list of 1500 on {connection.vendor}, beside 7500 others")
    for _ in range(5):
        test, draft = on_a_test(planner, sso_list(), "sso")
        confirm(draft, by=planner, seen=preview(draft).seen(test))
    browser = Client()
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    for what, text, kind, limit in (
        ("ready", LIST, "one_time", 150),
        ("ready, SSO", sso_list(), "sso", 150),
        ("wrong, each", LIST.replace(";\n", ";x\n"), "one_time", 1000),
    ):
        test, draft = on_a_test(planner, text, kind)
        address = reverse("import-preview", args=[test.public_id, draft.public_id])
        assert browser.get(address).status_code == 200
        report.at_most_ms(f"preview 1500 {what}", measure(partial(browser.get, address), runs=7), limit)
    report.show()


@pytest.mark.django_db(transaction=True)
def test_bench_import() -> None:
    planner = make_staff("planner", is_planner=True)
    report = Report(f"A list of 1500 on {connection.vendor}")
    prepared = partial(on_a_test, planner)

    def shown(text: str = LIST, kind: str = "one_time") -> tuple[Test, Import, str]:
        test, draft = prepared(text, kind)
        return test, draft, preview(draft).seen(test)

    def confirmation(ready: tuple[Test, Import, str]) -> None:
        _test, draft, seen = ready
        assert confirm(draft, by=planner, seen=seen).added == N

    ours = measure_each(shown, confirmation, runs=7)
    limit = 1.3 if connection.vendor == "sqlite" else 1.5
    report.at_most_times(
        "confirm 1500", ours, "bare checked bulk_create", measure_each(prepared, bare_checked, runs=7), limit
    )
    report.at_most_ms("confirm 1500", ours, 500)
    report.at_least_faster("confirm 1500", ours, "ModelResource, cleaned", measure_each(prepared, defaults, runs=3), 8)
    sso = measure_each(lambda: shown(sso_list(), "sso"), confirmation)
    report.at_most_times(
        "confirm 1500 SSO",
        sso,
        "bare, with accounts",
        measure_each(lambda: prepared(sso_list(), "sso"), bare_sso),
        limit,
    )
    report.at_most_ms("confirm 1500 SSO", sso, 1000)  # three rows for each, all of them new people
    report.show()


@pytest.mark.django_db(transaction=True)
def test_bench_memory() -> None:
    planner = make_staff("planner", is_planner=True)
    test = make_test(planner=planner)
    tracemalloc.start()
    draft = waiting(test, planner, sso_list(), kind="sso")
    seen = preview(draft).seen(test)
    confirm(draft, by=planner, seen=seen)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\nMemory, at most, from the file to the database, 1500 SSO rows: {peak / 1024 / 1024:.1f} MiB (limit 100)")
    assert peak < 100 * 1024 * 1024

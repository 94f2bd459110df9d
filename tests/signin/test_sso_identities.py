"""Whom a right answer of a provider lets in, and whom not (R25 to R29, R41, R45)."""

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from candidates.lifecycle.erasing import delete_sso_person
from candidates.lifecycle.removal import remove_candidates
from candidates.models import AuditEvent, Candidate, SsoIdentity, User
from candidates.pages.signin.sso import Callback
from tests.factories import make_test, open_now
from tests.signin.conftest import ANNA, BJORN, EPPN, Witness, logged_in_as, put_on
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import log_in


def pin(user: User, subject: str) -> None:
    issuers = {one["slug"]: one["issuer"] for one in settings.AUTHENTICATION_TYPES}
    identity = SsoIdentity.objects.get(user=user)
    identity.subject, identity.pinned_issuer = subject, issuers[identity.authentication_type]
    identity.save()


def test_r25_an_id_that_only_the_other_provider_knows_lets_nobody_in(
    campus: ScriptedProvider, witness: Witness
) -> None:
    page = witness.check(log_in(witness.client, campus, **{**ANNA, EPPN: BJORN["oid"]}), 403)
    assert BJORN["oid"] in page  # as the provider spells it: what is shown to the invigilator


@pytest.mark.parametrize(
    ("at", "claim", "known_elsewhere"), [("campus", EPPN, "cato@havnes.example"), ("entra", "oid", ANNA[EPPN])]
)
def test_r25_the_same_key_at_the_other_provider_is_somebody_else(
    at: str, claim: str, known_elsewhere: str, planner: User, people: dict[str, User], request: pytest.FixtureRequest
) -> None:
    put_on(make_test(planner=planner, name="Another"), planner, ("entra", "cato@havnes.example"))
    assert SsoIdentity.objects.filter(sso_key=known_elsewhere).exists()  # folding leaves these as they are
    witness = request.getfixturevalue("witness")
    claims: dict[str, Any] = {"sub": "of-somebody-new", claim: known_elsewhere}
    witness.check(log_in(witness.client, request.getfixturevalue(at), **claims), 403)


def test_the_first_login_pins_the_subject(campus: ScriptedProvider, anna: User, client: Client) -> None:
    assert log_in(client, campus, **ANNA).status_code == 302
    identity = SsoIdentity.objects.get(user=anna)
    assert (identity.subject, identity.pinned_at is not None) == (ANNA["sub"], True)
    assert identity.sso_user_id == "Anna@Havnes.example"  # as it was imported


def test_r26_another_subject_with_the_same_id_is_refused_and_reported(
    campus: ScriptedProvider, anna: User, request: pytest.FixtureRequest
) -> None:
    pin(anna, ANNA["sub"])
    witness = request.getfixturevalue("witness")
    page = witness.check(log_in(witness.client, campus, **{**ANNA, "sub": "somebody-else"}), 403)
    assert "invigilator" in page
    assert AuditEvent.objects.filter(action="login_refused", detail__reason="other_account").exists()


def test_r26_a_pinned_subject_with_the_id_of_somebody_else_is_refused(
    planner: User, campus: ScriptedProvider, anna: User, request: pytest.FixtureRequest
) -> None:
    other = make_test(planner=planner, name="Another")
    put_on(other, planner, ("campus", "cato@havnes.example"))
    pin(anna, ANNA["sub"])
    witness = request.getfixturevalue("witness")
    witness.check(log_in(witness.client, campus, **{**ANNA, EPPN: "cato@havnes.example"}), 403)


@pytest.mark.django_db(transaction=True)  # the foreign key of the audit is looked at when the login is stored
@pytest.mark.parametrize("deleted", [True, False])
def test_whose_account_goes_at_this_moment_is_refused(
    campus: ScriptedProvider, anna: User, witness: Witness, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    real = Callback.login_success

    def meanwhile(view: Callback) -> HttpResponse:
        if deleted:
            Candidate.objects.filter(user=anna).delete()
            User.objects.filter(pk=anna.pk).delete()
            witness.stored = witness._stored()
        else:
            User.objects.filter(pk=anna.pk).update(is_active=False)
        return real(view)

    monkeypatch.setattr(Callback, "login_success", meanwhile)
    SsoIdentity.objects.filter(user=anna).update(subject=ANNA["sub"], pinned_issuer=campus.issuer)
    witness.stored = witness._stored()
    witness.check(log_in(witness.client, campus, **ANNA), 403)


def test_r27_an_inactive_user_is_refused(campus: ScriptedProvider, anna: User, witness: Witness) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    witness.check(log_in(witness.client, campus, **ANNA), 403)


def test_r28_a_removed_candidate_is_refused_and_the_session_ends(
    planner: User, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    assert client.get("/dashboard/").status_code == 200
    Candidate.objects.filter(user=anna).update(last_seen_at=None, logged_in_at=None)
    chosen = Candidate.objects.get(user=anna)
    remove_candidates(test=chosen.test, public_ids=[chosen.public_id], by=planner)
    assert client.get("/dashboard/").status_code == 302
    fresh = Client()
    response = log_in(fresh, campus, **ANNA)
    assert response.status_code == 403
    assert logged_in_as(fresh) is None


def test_r29_an_unknown_person_is_told_the_id_that_the_provider_gave(
    campus: ScriptedProvider, witness: Witness
) -> None:
    unknown: dict[str, Any] = {
        "sub": "of-dina",
        EPPN: "Dina&Co@havnes.example",
        "email": ANNA[EPPN],
        "email_verified": True,
    }
    page = witness.check(log_in(witness.client, campus, **unknown), 403)
    assert "Dina&amp;Co@havnes.example" in page
    assert "dina" not in witness.told().casefold()


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param("ANNA@HAVNES.EXAMPLE", id="R41 capitals"),
        pytest.param("  anna@havnes.example ", id="R41 blanks"),
        pytest.param("ａｎｎａ@havnes.example", id="R41 full width"),
    ],
)
def test_a_folded_id_may_be_spelled_otherwise(
    spelled: str, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    assert log_in(client, campus, **{**ANNA, EPPN: spelled}).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


@pytest.mark.parametrize(
    "spelled", ["oid-of-bjorn", "OID-OF-BJORN", " Oid-Of-Bjorn", "Oid-Of-Bjorn\n", "Ｏid-Of-Bjorn"]
)
def test_an_exact_id_is_compared_to_the_letter(spelled: str, entra: ScriptedProvider, witness: Witness) -> None:
    witness.check(log_in(witness.client, entra, **{**BJORN, "oid": spelled}), 403)


def test_an_exact_id_lets_its_person_in(entra: ScriptedProvider, bjorn: User, client: Client) -> None:
    assert log_in(client, entra, **BJORN).status_code == 302
    assert logged_in_as(client) == str(bjorn.pk)


ODD = {
    "NUL": "anna@havnes.example\x00",
    "10 kB": "a" * 10_000,
    "256 characters": "a" * 256,
    "right to left": "\u202eanna@havnes.example",
    "zero width": "anna\u200b@havnes.example",
    "half a surrogate pair": "anna\ud800",
    "line feed inside": "anna\n@havnes.example",
    "line separator": "anna\u2028@havnes.example",
    "markup": "<script>alert(1)</script>",
    "format": "%(label)s %s {0}",
    "template": "{{ 7|add:7 }}{% now 'Y' %}",
    "noncharacter": "\ufffe\uffff",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "cases"), [("campus", [*ODD]), ("entra", ["NUL", "10 kB", "half a surrogate pair"])], ids=["fold", "exact"]
)
def test_an_odd_id_is_refused_on_a_page(
    slug: str, cases: list[str], witness: Witness, subtests: pytest.Subtests
) -> None:
    provider = next(one for one in witness.providers if one.slug == slug)
    for case in cases:
        with subtests.test(case):
            witness.another_case()
            odd: dict[str, Any] = {"sub": "odd", EPPN if slug == "campus" else "oid": ODD[case]}
            page = witness.check(log_in(witness.client, provider, **odd), 403)
            assert "<script>alert" not in page
            assert len(page) < 60_000


@pytest.mark.parametrize(
    "sub",
    ["x" * 256, "x" * 300, "a\x00b", "\ud800", "\u202e", "a\nb", " ", 7, 1.5, True, None, [], {}],
    ids=lambda s: f"{s!r:.20}",
)
def test_an_odd_subject_is_refused_or_pinned_and_never_fails(
    sub: Any, campus: ScriptedProvider, anna: User, witness: Witness
) -> None:
    response = log_in(witness.client, campus, **{**ANNA, "sub": sub})
    if response.status_code == 302:  # odd, and yet a text that both databases keep: the provider's own business
        assert isinstance(sub, str)
        assert SsoIdentity.objects.get(user=anna).subject == sub
    else:
        witness.check(response, 403, 503)


# A claim that is a list (Feide's userid_sec) --------------------------------------------------------------------------


def listed(campus: ScriptedProvider, settings: Any) -> None:
    settings.AUTHENTICATION_TYPES = [campus.setup(claim="userid_sec", claim_prefix="feide:")]


@pytest.mark.parametrize("value", [["mail:x@y", "feide:anna@havnes.example"], "feide:anna@havnes.example"], ids=repr)
def test_an_entry_of_a_list_is_found_by_its_prefix(
    value: Any, campus: ScriptedProvider, anna: User, client: Client, settings: Any
) -> None:
    listed(campus, settings)
    assert log_in(client, campus, sub="s", userid_sec=value).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


@pytest.mark.parametrize(
    "value",
    [
        [],
        ["mail:anna@havnes.example"],
        ["feide:"],
        ["feide:anna@havnes.example", "feide:cato@havnes.example"],
        ["anna@havnes.example"],
        "anna@havnes.example",
        [["feide:anna@havnes.example"]],
        [None, 7, {"feide:anna@havnes.example": 1}],
        {"feide:anna@havnes.example": 1},
    ],
    ids=repr,
)
def test_a_list_without_exactly_one_entry_of_the_prefix_is_refused(
    value: Any, campus: ScriptedProvider, witness: Witness, settings: Any
) -> None:
    listed(campus, settings)
    witness.check(log_in(witness.client, campus, sub="s", userid_sec=value), 403)


# After the login ------------------------------------------------------------------------------------------------------


def test_r45_deactivation_ends_a_session_at_once(campus: ScriptedProvider, anna: User, client: Client) -> None:
    log_in(client, campus, **ANNA)
    assert client.get("/dashboard/").status_code == 200
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert client.get("/dashboard/").status_code == 302


def test_c73_who_was_deleted_is_unknown_until_imported_anew(
    campus: ScriptedProvider, anna: User, planner: User, administrator: User, client: Client
) -> None:
    log_in(client, campus, **ANNA)
    before = Candidate.objects.select_related("test").get(user=anna)
    open_now(before.test, minutes_ago=29 * 60)
    delete_sso_person(identity=SsoIdentity.objects.get(user=anna), by=administrator)
    assert client.get("/dashboard/").status_code == 302
    assert log_in(client, campus, **ANNA).status_code == 403
    assert logged_in_as(client) is None
    (anew,) = put_on(make_test(planner=planner), planner, ("campus", "Anna@Havnes.example"))
    assert anew != anna
    assert log_in(client, campus, **ANNA).status_code == 302
    assert logged_in_as(client) == str(anew.pk)
    assert not Candidate.objects.filter(user=anew, test=before.test).exists()


def test_p9_a_setup_that_is_switched_off_lets_nobody_in_any_more(
    campus: ScriptedProvider, anna: User, client: Client, settings: Any
) -> None:
    settings.AUTHENTICATION_TYPES = []
    assert client.get("/sso/campus/start/").status_code == 404


def test_a_login_makes_no_account_and_keeps_no_token(campus: ScriptedProvider, anna: User, client: Client) -> None:
    users = User.objects.count()
    log_in(client, campus, **ANNA)
    assert User.objects.count() == users
    kept = repr(dict(client.session.items()))
    assert not [secret for secret in campus.issued if secret in kept]
    anna.refresh_from_db()
    assert (anna.name, anna.email) == ("", "")
    assert AuditEvent.objects.get(action="login").actor == anna


def test_a_setup_that_has_moved_to_another_issuer_pins_the_accounts_there(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    elsewhere = "https://the-issuer-before.example"
    SsoIdentity.objects.filter(user=anna).update(subject="account-there", pinned_issuer=elsewhere)
    assert log_in(client, campus, **ANNA).status_code == 302
    identity = SsoIdentity.objects.get(user=anna)
    assert (identity.subject, identity.pinned_issuer) == (ANNA["sub"], campus.issuer)
    assert log_in(Client(), campus, **{**ANNA, "sub": "somebody-else"}).status_code == 403


def test_the_same_account_number_at_the_issuer_before_is_somebody_else(
    campus: ScriptedProvider, anna: User, bjorn: User, client: Client
) -> None:
    SsoIdentity.objects.filter(user=bjorn).update(
        authentication_type="campus", subject=ANNA["sub"], pinned_issuer="https://the-issuer-before.example"
    )
    assert log_in(client, campus, **ANNA).status_code == 302
    assert logged_in_as(client) == str(anna.pk)

"""Tokens that must not let anybody in (R1 to R12, R19 to R24), and those that must (R40, R43)."""

import time
from typing import Any

import pytest
from django.test import Client

from candidates.models import User
from tests.factories import make_test
from tests.signin.conftest import ANNA, EPPN, Witness, logged_in_as, put_on
from tests.support.scripted_provider import Script, ScriptedProvider
from tests.support.scripted_server import Answer
from tests.support.scripted_tokens import LEFT_OUT, Signer, base64url, public_jwk, public_pem, signed
from tests.support.sso_visits import log_in

SECRET = ScriptedProvider.client_secret.encode()


WRONG: dict[str, Script] = {
    "R1 wrong aud": Script(claims={"aud": "another-client"}),
    "R1 no aud": Script(claims={"aud": LEFT_OUT}),
    "R1 aud of one letter more": Script(claims={"aud": "deliver2"}),
    "R1 empty list of aud": Script(claims={"aud": []}),
    "R1 list of others": Script(claims={"aud": ["a", "b"], "azp": "deliver"}),
    "R2 aud list without azp": Script(claims={"aud": ["deliver", "another-client"]}),
    "R2 aud list with another azp": Script(claims={"aud": ["deliver", "another"], "azp": "another"}),
    "R2 one aud with another azp": Script(claims={"azp": "another"}),
    "R3 wrong iss": Script(claims={"iss": "https://login.havnes.example"}),
    "R3 iss of another port": Script(claims={"iss": "http://127.0.0.1/"}),
    "R3 no iss": Script(claims={"iss": LEFT_OUT}),
    "R4 no exp": Script(claims={"exp": LEFT_OUT}),
    "R4 exp null": Script(claims={"exp": None}),
    "R6 no iat": Script(claims={"iat": LEFT_OUT}),
    "R7 alg none": Script(signer=Signer(algorithm="none")),
    "R7 alg None": Script(signer=Signer(algorithm="None")),
    "R7 alg nOnE": Script(signer=Signer(algorithm="nOnE")),
    "R7 alg left out": Script(header={"alg": LEFT_OUT}),
    "R7 alg is a list": Script(header={"alg": ["RS256", "none"]}),
    "R8 HS256 with the client secret": Script(signer=Signer(algorithm="HS256", material=SECRET)),
    "R8 HS256 with the public key": Script(signer=Signer(algorithm="HS256", material=public_pem("rsa"))),
    "R8 HS256 that calls itself RS256": Script(
        signer=Signer(algorithm="HS256", material=public_pem("rsa")), header={"alg": "RS256"}
    ),
    "R8 ES256 by a published key": Script(signer=Signer("ec", "ES256")),
    "R8 RS512 by the right key": Script(signer=Signer("rsa", "RS512")),
    "R9 forged key": Script(signer=Signer("rsa-forged"), header={"kid": "rsa"}),
    "R9 forged key brought along": Script(
        signer=Signer("rsa-forged"), header={"kid": "rsa", "jwk": public_jwk("rsa-forged")}
    ),
    "R9 forged key at another address": Script(
        signer=Signer("rsa-forged"), header={"kid": "rsa", "jku": "http://127.0.0.1:1/jwks"}
    ),
    "R9 unknown critical header": Script(header={"crit": ["exp-later"], "exp-later": 1}),
    "R9 key for encryption": Script(keys=[public_jwk("rsa", use="enc")]),
    "R9 key for another algorithm": Script(keys=[public_jwk("rsa", alg="RS512")]),
    "R9 key that may only encrypt": Script(keys=[public_jwk("rsa", use=LEFT_OUT, key_ops=["encrypt"])]),
    "R9 key of 1024 bits": Script(signer=Signer("rsa-weak"), keys=[public_jwk("rsa-weak")]),
    "R10 kid is a list": Script(header={"kid": ["rsa"]}),
    "R11 no nonce": Script(claims={"nonce": LEFT_OUT}),
    "R11 nonce null": Script(claims={"nonce": None}),
    "R11 nonce empty": Script(claims={"nonce": ""}),
    "R12 another nonce": Script(claims={"nonce": "of-another-start"}),
    "R12 list with a nonce": Script(claims={"nonce": ["of-another-start"]}),
    "R21 no sub": Script(claims={"sub": LEFT_OUT}),
    "R22 sub empty": Script(claims={"sub": ""}),
    "R23 sub is a list": Script(claims={"sub": [ANNA["sub"]]}),
    "R24 sub is a number": Script(claims={"sub": 7}),
}


@pytest.mark.slow
def test_a_wrong_token_lets_nobody_in(witness: Witness, subtests: pytest.Subtests) -> None:
    for case, script in WRONG.items():
        with subtests.test(case):
            campus = witness.another_case()
            campus.script = script
            witness.check(log_in(witness.client, campus, **ANNA), 403, 503)


def test_r3_an_issuer_is_compared_to_the_letter(witness: Witness, subtests: pytest.Subtests) -> None:
    for spelled in ("{}/", "{}#", "{} ", " {}"):
        with subtests.test(spelled):
            campus = witness.another_case()
            campus.script.claims["iss"] = spelled.format(campus.issuer)
            witness.check(log_in(witness.client, campus, **ANNA), 403)


@pytest.mark.parametrize(
    ("claim", "seconds"),
    [
        pytest.param("exp", -70, id="R5 expired 70 s ago"),
        pytest.param("exp", -7 * 24 * 3600, id="R5 expired a week ago"),
        pytest.param("iat", 70, id="R6 made 70 s ahead"),
        pytest.param("nbf", 70, id="R6 valid from 70 s ahead"),
    ],
)
def test_a_token_of_another_time_lets_nobody_in(
    claim: str, seconds: int, campus: ScriptedProvider, witness: Witness
) -> None:
    campus.script.claims[claim] = int(time.time()) + seconds
    witness.check(log_in(witness.client, campus, **ANNA), 403)


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -30), ("iat", 30), ("nbf", 30)], ids=lambda part: f"R40 {part}")
def test_clocks_may_differ_by_half_a_minute(
    claim: str, seconds: int, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    campus.script.claims[claim] = int(time.time()) + seconds
    assert log_in(client, campus, **ANNA).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


GOOD: dict[str, Script] = {
    "an ordinary token": Script(),
    "one audience as a list": Script(claims={"aud": ["deliver"]}),
    "two audiences and azp": Script(claims={"aud": ["deliver", "another"], "azp": "deliver"}),
    "one audience and azp": Script(claims={"azp": "deliver"}),
    "R43 another key beside it with the same kid": Script(keys=[public_jwk("ec", kid="rsa"), public_jwk("rsa")]),
    "R43 key that does not say what it is for": Script(keys=[public_jwk("rsa", use=LEFT_OUT)]),
    "R43 keys of other kinds beside it": Script(
        keys=[{"kty": "OKP", "crv": "X448", "kid": "x"}, {"kty": "new"}, {}, public_jwk("rsa")]
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_right_token_lets_its_person_in(case: str, campus: ScriptedProvider, anna: User, client: Client) -> None:
    campus.script = GOOD[case]
    assert log_in(client, campus, **ANNA).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


@pytest.mark.parametrize(("key", "algorithm"), [("rsa", "RS384"), ("rsa", "PS256"), ("ec", "ES256")])
def test_the_algorithm_is_the_setups_own(
    key: Any, algorithm: str, campus: ScriptedProvider, anna: User, client: Client, settings: Any
) -> None:
    settings.AUTHENTICATION_TYPES = [campus.setup(claim=EPPN, algorithm=algorithm)]
    campus.script.signer = Signer(key, algorithm)
    assert log_in(client, campus, **ANNA).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


# What the token endpoint says instead of a token ----------------------------------------------------------------------

NESTED = f"{base64url(b'[' * 50_000)}.e30.e30"
TEXTS = ["", "a.b", "a.b.c", "....", "é.é.é", "e30.e30.e30", "\ud800.e30.e30", NESTED, "x" * 100_000]
TOKENS: list[Any] = [*TEXTS, None, 7, ["a"], {"a": 1}, True]
PAYLOADS = [b"", b"null", b"[]", b'"text"', b"7", b"{", b"\xff\xfe", b'{"exp": 1e400}', b"[" * 50_000]


@pytest.mark.slow
def test_r9_what_is_no_token_lets_nobody_in(witness: Witness, subtests: pytest.Subtests) -> None:
    for token in (LEFT_OUT, *TOKENS):
        with subtests.test(f"{token!r:.20}"):
            campus = witness.another_case()
            campus.script.token["id_token"] = token
            witness.check(log_in(witness.client, campus, **ANNA), 403, 503)


def test_a_signed_token_that_holds_no_claims_lets_nobody_in(witness: Witness, subtests: pytest.Subtests) -> None:
    for payload in PAYLOADS:
        with subtests.test(f"{payload!r:.12}"):
            campus = witness.another_case()
            campus.script.token["id_token"] = signed(payload, Signer(), {})
            witness.check(log_in(witness.client, campus, **ANNA), 403, 503)


TIMES = {"exp", "iat", "nbf"}
ODD: list[Any] = [[], {"a": 1}, True, 10**400, "\ud800"]
WRONG_TYPES: list[tuple[str, Any]] = [
    (claim, value)
    for claim in ("iss", "aud", "azp", *sorted(TIMES), "nonce", "sub", EPPN)
    for value in ODD
    if not (claim in TIMES and isinstance(value, int | float))  # a number can stand for a moment
]


@pytest.mark.slow
def test_a_claim_of_the_wrong_type_lets_nobody_in(witness: Witness, subtests: pytest.Subtests) -> None:
    for claim, value in WRONG_TYPES:
        with subtests.test(f"{claim} {value!r:.20}"):
            campus = witness.another_case()
            campus.script.claims[claim] = value
            witness.check(log_in(witness.client, campus, **ANNA), 403)


# The claim that names the person, and userinfo ------------------------------------------------------------------------

WITHOUT: dict[str, Any] = {"sub": ANNA["sub"]}


NO_TEXT: dict[str, Any] = {
    "R21 missing": LEFT_OUT,
    "R21 null": None,
    "R22 empty": "",
    "R22 blanks": "   ",
    "R23 list": [ANNA[EPPN]],
    "R23 object": {"a": ANNA[EPPN]},
    "R24 number": 7,
    "R24 truth": True,
}


@pytest.mark.parametrize("place", ["the ID token", "userinfo"])
def test_without_a_text_in_the_claim_nobody_is_let_in(place: str, witness: Witness, subtests: pytest.Subtests) -> None:
    known = ANNA[EPPN]  # in the other claims there are it is nobody's
    others: dict[str, Any] = {"sub": known, "email": known, "email_verified": True, "preferred_username": known}
    for case, value in NO_TEXT.items():
        with subtests.test(case):
            campus = witness.another_case()
            claim = {} if value is LEFT_OUT else {EPPN: value}
            more: dict[str, Any] = claim if place == "the ID token" else {}
            page = witness.check(log_in(witness.client, campus, **others, **more, userinfo={**others, **claim}), 403)
            assert "did not say which SSO user ID you have" in page


@pytest.mark.parametrize("value", [7, True, None, ["7"]], ids=lambda value: f"R24 {value}")
def test_a_claim_of_another_type_is_not_made_the_text_that_somebody_has(
    value: Any, planner: User, campus: ScriptedProvider, people: dict[str, User], request: pytest.FixtureRequest
) -> None:
    put_on(make_test(planner=planner, name="Another"), planner, ("campus", str(value)))
    witness = request.getfixturevalue("witness")
    claims: dict[str, Any] = {"sub": "of-somebody-new", EPPN: value}
    witness.check(log_in(witness.client, campus, **claims), 403)


@pytest.fixture
def by_email(campus: ScriptedProvider, settings: Any) -> None:
    """The campus tells people by their e-mail address."""
    others = settings.AUTHENTICATION_TYPES[1:]
    settings.AUTHENTICATION_TYPES = [campus.setup(claim="email"), *others]


@pytest.mark.parametrize("place", ["the ID token", "userinfo"])
@pytest.mark.parametrize("verified", [False, "false"])
def test_an_email_address_that_the_provider_has_not_verified_is_nobodys(
    verified: Any, place: str, by_email: None, campus: ScriptedProvider, witness: Witness
) -> None:
    claims = {"email": ANNA[EPPN], "email_verified": verified}
    more: dict[str, Any] = claims if place == "the ID token" else {}
    witness.check(log_in(witness.client, campus, sub="of-whoever-typed-it", **more, userinfo=claims), 403)


@pytest.mark.parametrize("more", [{"email_verified": True}, {}], ids=["verified", "nothing said"])
def test_an_email_address_that_is_the_claim_lets_its_person_in(
    more: dict[str, Any], by_email: None, campus: ScriptedProvider, anna: User, client: Client
) -> None:
    assert log_in(client, campus, sub=ANNA["sub"], email=ANNA[EPPN], **more).status_code == 302
    assert logged_in_as(client) == str(anna.pk)


def test_a_claim_that_only_userinfo_has_lets_its_person_in(
    campus: ScriptedProvider, anna: User, client: Client
) -> None:
    assert log_in(client, campus, **WITHOUT, userinfo={EPPN: ANNA[EPPN]}).status_code == 302
    assert logged_in_as(client) == str(anna.pk)
    assert campus.calls["userinfo"] == 1


def test_where_the_token_lacks_the_claim_and_there_is_no_userinfo_nobody_gets_in(
    campus: ScriptedProvider, witness: Witness
) -> None:
    campus.script.metadata = {"userinfo_endpoint": LEFT_OUT}
    witness.check(log_in(witness.client, campus, **WITHOUT, userinfo={EPPN: ANNA[EPPN]}), 403)


def test_a_claim_in_the_token_asks_userinfo_nothing(campus: ScriptedProvider, anna: User, client: Client) -> None:
    assert log_in(client, campus, **ANNA).status_code == 302
    assert campus.calls["userinfo"] == 0


@pytest.mark.parametrize(
    ("claims", "calls"),
    [(ANNA, {"token": 3}), (WITHOUT, {"token": 3, "userinfo": 3})],
    ids=["in the token", "userinfo"],
)
def test_a_login_takes_two_calls_at_most_once_addresses_and_keys_are_kept(
    claims: dict[str, Any], calls: dict[str, int], campus: ScriptedProvider, anna: User
) -> None:
    for _time in range(3):
        assert log_in(Client(), campus, **claims, userinfo={EPPN: ANNA[EPPN]}).status_code == 302
    assert campus.calls == {"metadata": 1, "jwks": 1, **calls}


@pytest.mark.parametrize(
    "sub", ["of-somebody-else", ANNA["sub"].upper(), "", LEFT_OUT, None, 7, [ANNA["sub"]]], ids=lambda sub: f"R19 {sub}"
)
def test_userinfo_of_another_subject_is_refused(sub: Any, campus: ScriptedProvider, witness: Witness) -> None:
    campus.script.userinfo["sub"] = sub
    witness.check(log_in(witness.client, campus, **WITHOUT, userinfo={EPPN: ANNA[EPPN]}), 403)


@pytest.mark.parametrize(
    "signer",
    [
        pytest.param(Signer(algorithm="none"), id="R20 unsigned"),
        pytest.param(Signer("rsa-forged"), id="R20 forged"),
        pytest.param(Signer(algorithm="HS256", material=SECRET), id="R20 HS256"),
    ],
)
def test_userinfo_as_a_token_that_is_not_the_providers_is_refused(
    signer: Signer, campus: ScriptedProvider, witness: Witness
) -> None:
    token = signed({"sub": ANNA["sub"], EPPN: ANNA[EPPN]}, signer, {"kid": "rsa"})
    campus.script.answers["userinfo"] = Answer(body=token.encode(), content_type="application/jwt")
    witness.check(log_in(witness.client, campus, **WITHOUT), 403, 503)

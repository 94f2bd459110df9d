"""The SSO setups that the settings name, how their user IDs are compared, and what is wrong with one."""

from typing import Any

import pytest

from candidates.authentication_types import enabled_types, type_label
from inspera_deliver import environment
from inspera_deliver.sso_types import SsoType, read_sso_types

WHOLE = {
    "SSO_TYPES": "feide",
    "SSO_FEIDE_LABEL": "Feide",
    "SSO_FEIDE_ISSUER": "https://auth.example.org",
    "SSO_FEIDE_CLIENT_ID": "deliver",
    "SSO_FEIDE_CLIENT_SECRET": "s3cret",
}


def configured(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str] | None = None, *, plain_http: bool = False
) -> tuple[list[SsoType], list[str]]:
    def config(name: str, default: str = "", cast: object = str) -> object:
        value = (values or {}).get(name, default)
        return [part.strip() for part in value.split(",") if part.strip()] if name == "SSO_TYPES" else value

    monkeypatch.setattr(environment, "config", config)
    return read_sso_types(plain_http=plain_http)


def test_the_settings_give_the_setups_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found, left_out = configured(monkeypatch, {**WHOLE, "SSO_TYPES": "feide,entra-id", "SSO_ENTRA_ID_COMPARE": "exact"})
    assert [(one["slug"], one["label"], one["comparison"]) for one in found] == [
        ("feide", "Feide", "fold"),
        ("entra-id", "entra-id", "exact"),
    ]
    assert (found[0]["scopes"], found[0]["claim"], found[0]["algorithm"]) == ("openid profile", "sub", "RS256")
    assert not left_out
    assert not any(one["problems"] for one in found)


def test_no_setup_is_no_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured(monkeypatch) == ([], [])


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SSO_TYPES": "Feide,entra"}, "Feide"),
        ({"SSO_TYPES": "fei/de,entra"}, "fei/de"),
        ({"SSO_TYPES": "entra,entra"}, "twice"),
        ({"SSO_TYPES": "feide,entra", "SSO_FEIDE_COMPARE": "roughly"}, "SSO_FEIDE_COMPARE"),
    ],
)
def test_a_setup_that_would_mix_people_up_is_left_out_and_named_and_the_others_stay(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    found, left_out = configured(monkeypatch, values)
    assert [one["slug"] for one in found] == ["entra"]
    assert len(left_out) == 1
    assert named in left_out[0]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SSO_FEIDE_ISSUER": ""}, "SSO_FEIDE_ISSUER is not set"),
        ({"SSO_FEIDE_ISSUER": "http://auth.example.org"}, "no https address"),
        ({"SSO_FEIDE_ISSUER": "https://"}, "no address"),
        ({"SSO_FEIDE_ISSUER": "https://[::1"}, "no address"),
        ({"SSO_FEIDE_ISSUER": "https://auth.example.org:port"}, "no address"),
        ({"SSO_FEIDE_ISSUER": "https://auth.example.org/?tenant=1"}, "no address"),
        ({"SSO_FEIDE_ISSUER": "https://login.microsoftonline.com/common/v2.0"}, "no single tenant"),
        ({"SSO_FEIDE_CLIENT_ID": ""}, "SSO_FEIDE_CLIENT_ID is not set"),
        ({"SSO_FEIDE_CLIENT_SECRET": " "}, "SSO_FEIDE_CLIENT_SECRET is not set"),
        ({"SSO_FEIDE_SCOPES": "profile email"}, "lacks openid"),
        ({"SSO_FEIDE_ALGORITHM": "HS256"}, "SSO_FEIDE_ALGORITHM"),
        ({"SSO_FEIDE_ALGORITHM": "none"}, "SSO_FEIDE_ALGORITHM"),
        ({"SSO_FEIDE_PROMPT": "none"}, "SSO_FEIDE_PROMPT"),
    ],
)
def test_a_broken_setup_says_what_is_wrong_and_is_for_importing_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Any, values: dict[str, str], named: str
) -> None:
    (one,), left_out = configured(monkeypatch, {**WHOLE, **values})
    assert not left_out
    assert any(named in problem for problem in one["problems"])
    assert not any("s3cret" in problem for problem in one["problems"])
    settings.AUTHENTICATION_TYPES = [one]
    assert enabled_types()["feide"].client is None


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SSO_FEIDE_CLAIM": "sub", "SSO_FEIDE_COMPARE": "fold"}, "exact"),
        ({"SSO_FEIDE_CLAIM": "email", "SSO_FEIDE_ISSUER": "https://login.microsoftonline.com/0-1/v2.0"}, "use oid"),
    ],
)
def test_a_setup_that_may_take_one_person_for_another_works_and_is_advised(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    (one,), _left_out = configured(monkeypatch, {**WHOLE, **values})
    assert not one["problems"]
    assert any(named in advice for advice in one["advice"])


@pytest.mark.parametrize(
    ("pattern", "compare", "fits", "does_not"),
    [
        (r"[a-z0-9.-]+@havnes\.no", "fold", "Anna.Moe@Havnes.no", "anna@havnes.no.example"),
        (r"[a-z]{2}\d{5}", "exact", "ab12345", "AB12345"),
        ("", "fold", "anything at all", None),
        (r"[a-z", "fold", "what is no pattern says nothing", None),
    ],
)
def test_a_setup_may_say_what_an_id_looks_like(
    monkeypatch: pytest.MonkeyPatch, settings: Any, pattern: str, compare: str, fits: str, does_not: str | None
) -> None:
    values = {**WHOLE, "SSO_FEIDE_PATTERN": pattern, "SSO_FEIDE_COMPARE": compare, "SSO_FEIDE_CLAIM": "eppn"}
    (one,), _left_out = configured(monkeypatch, values)
    assert any("SSO_FEIDE_PATTERN" in advice for advice in one["advice"]) == (pattern == "[a-z")
    assert not one["problems"]
    settings.AUTHENTICATION_TYPES = [one]
    feide = enabled_types()["feide"]
    assert feide.fits(fits)
    assert does_not is None or not feide.fits(does_not)


@pytest.mark.parametrize(("plain_http", "problems"), [(True, 0), (False, 1)])
def test_plain_http_is_for_a_provider_on_this_machine_in_a_demonstration(
    monkeypatch: pytest.MonkeyPatch, plain_http: bool, problems: int
) -> None:
    (one,), _left_out = configured(
        monkeypatch, {**WHOLE, "SSO_FEIDE_ISSUER": "http://127.0.0.1:9001"}, plain_http=plain_http
    )
    assert len(one["problems"]) == problems
    (other,), _left_out = configured(
        monkeypatch, {**WHOLE, "SSO_FEIDE_ISSUER": "http://192.0.2.1"}, plain_http=plain_http
    )
    assert other["problems"]


def test_the_secret_is_not_in_what_is_shown_of_a_setup(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.AUTHENTICATION_TYPES, _left_out = configured(monkeypatch, WHOLE)
    shown = repr(enabled_types()["feide"])
    assert "feide" in shown
    assert "s3cret" not in shown


def test_folded_ids_are_equal_without_case_and_form_and_exact_ones_are_not() -> None:
    campus, entra = enabled_types()["campus"], enabled_types()["entra"]
    assert campus.key("Åse@Uni.Example") == campus.key("A\u030ase@uni.example")
    assert entra.key("AbC") != entra.key("abc")
    assert entra.key("A\u030a") != entra.key("Å")


def test_a_type_that_is_switched_off_is_called_by_its_slug() -> None:
    assert (type_label("campus"), type_label("gone")) == ("Havnes Campus", "gone")

"""The SSO setups that the settings name, and how their user IDs are compared."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from candidates.signin.authentication_types import enabled_types, type_label
from inspera_deliver import environment


def configured(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[dict[str, str]]:
    def config(name: str, default: str = "", cast: object = str) -> object:
        value = values.get(name, default)
        return [part.strip() for part in value.split(",") if part.strip()] if name == "SSO_TYPES" else value

    monkeypatch.setattr(environment, "config", config)
    return environment.authentication_types()


def test_the_settings_give_slug_label_and_comparison_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = configured(monkeypatch, SSO_TYPES="feide,entra-id", SSO_FEIDE_LABEL="Feide", SSO_ENTRA_ID_COMPARE="exact")
    assert found == [
        {"slug": "feide", "label": "Feide", "comparison": "fold"},
        {"slug": "entra-id", "label": "entra-id", "comparison": "exact"},
    ]


def test_no_setup_is_no_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured(monkeypatch) == []


@pytest.mark.parametrize(
    "values",
    [
        {"SSO_TYPES": "Feide"},
        {"SSO_TYPES": "fei/de"},
        {"SSO_TYPES": "feide,feide"},
        {"SSO_TYPES": "feide", "SSO_FEIDE_COMPARE": "roughly"},
    ],
)
def test_a_setup_that_would_mix_people_up_does_not_start(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    with pytest.raises(ImproperlyConfigured):
        configured(monkeypatch, **values)


def test_folded_ids_are_equal_without_case_and_form_and_exact_ones_are_not() -> None:
    campus, entra = enabled_types()["campus"], enabled_types()["entra"]
    assert campus.key("Åse@Uni.Example") == campus.key("A\u030ase@uni.example")
    assert entra.key("AbC") != entra.key("abc")
    assert entra.key("A\u030a") != entra.key("Å")


def test_a_type_that_is_switched_off_is_called_by_its_slug() -> None:
    assert (type_label("campus"), type_label("gone")) == ("Havnes Campus", "gone")

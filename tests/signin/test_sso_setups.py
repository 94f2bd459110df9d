"""Trying a setup: what an administrator is told about the provider."""

import pytest
from django.http import Http404

from candidates.errors import Refused
from candidates.signin.sso.setups import try_setup
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_server import Answer
from tests.support.scripted_tokens import public_jwk


def test_a_provider_that_answers_is_said_to_with_its_usable_keys(campus: ScriptedProvider) -> None:
    assert try_setup("campus") == "Campus login answers, with the right issuer and 1 usable key."


def test_a_provider_without_a_key_for_the_algorithm_leads_to_the_setting(campus: ScriptedProvider) -> None:
    campus.script.keys = [public_jwk("ec")]
    with pytest.raises(Refused, match="Campus login answers, but has no key for RS256"):
        try_setup("campus")


def test_a_provider_that_fails_is_said_to_fail_and_how(campus: ScriptedProvider) -> None:
    campus.script.answers["jwks"] = Answer(status=500)
    with pytest.raises(Refused, match=r"Campus login: the connection does not work \(500\)\. Check the issuer"):
        try_setup("campus")


def test_a_setup_that_is_not_there_is_not_found(campus: ScriptedProvider) -> None:
    with pytest.raises(Http404):
        try_setup("nowhere")

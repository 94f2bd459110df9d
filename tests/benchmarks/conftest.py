"""Benchmarks measure the product: without what Django's test client adds to the rendering of every template."""

import pytest
from django.template import Template
from django.test.utils import _TestState


@pytest.fixture(autouse=True)
def rendering_as_on_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the test run's own rendering away, which copies the context of every included template."""
    monkeypatch.setattr(Template, "_render", _TestState.saved_data.template_render)  # type: ignore[attr-defined]

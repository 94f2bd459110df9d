"""The hidden part of the page that asks before one-time logins are taken back."""

from collections.abc import Sequence

from django import forms

from candidates.credentials.standing_in import Writing
from candidates.pages.shared.base import DeliverForm


class TakeBackForm(DeliverForm):
    """Who was named as writing when the planner pressed: nobody else is thrown out of the test by that press."""

    writing = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, writing: Sequence[Writing]) -> "TakeBackForm":
        """Return the form for what the page names."""
        return cls(initial={"writing": ",".join(one.public_id for one in writing)})

    @property
    def named(self) -> frozenset[str]:
        """Return the public ids that the page named."""
        return frozenset(str(self.data.get("writing", "")).split(","))

"""Why a login through SSO was refused: a code for the audit, a sentence for the person."""

from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy


class Why(models.TextChoices):
    """The reasons, as the audit shows them."""

    STATE = "state", gettext_lazy("The login was started elsewhere, used already, or too old")
    NOT_LOGGED_IN = "not_logged_in", gettext_lazy("The provider did not log the person in")
    MIX_UP = "mix_up", gettext_lazy("The answer came from another provider")
    CODE = "code", gettext_lazy("The provider did not take the code")
    TOKEN = "token", gettext_lazy("The provider's answer is not to be trusted")
    CLAIM = "claim", gettext_lazy("The provider's answer holds no usable SSO user ID")
    UNKNOWN = "unknown", gettext_lazy("Nobody here has this SSO user ID")
    OTHER_ACCOUNT = "other_account", gettext_lazy("Another account at the provider has this SSO user ID")
    INACTIVE = "inactive", gettext_lazy("The person may not log in")
    NO_ANSWER = "no_answer", gettext_lazy("The provider does not answer")
    BUSY = "busy", gettext_lazy("Too many log in at this moment")


# Neither the person nor the answer is at fault: trying again may help.
UNAVAILABLE = frozenset({Why.NO_ANSWER, Why.BUSY})


@dataclass
class SsoRefused(Exception):
    """A login through SSO that is refused.

    `about` is a detail for support, such as the name of a claim, never its value. `sso_user_id` is shown to the person
    alone, and never logged.
    """

    why: Why
    about: str = ""
    sso_user_id: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.why.value} {self.about}".strip()

    @property
    def status(self) -> int:
        if self.why in UNAVAILABLE:
            return 503
        return 400 if self.why == Why.STATE else 403

    def sentence(self, label: str) -> str:
        """Return what happened and what to do, for the person who logged in through the provider of this label."""
        return str(SENTENCES[self.why]) % {"label": label, "id": self.sso_user_id}


_UNTRUSTED = gettext_lazy(
    "The answer of %(label)s could not be verified. Try once more; if it happens again, ask the invigilator."
)
SENTENCES = {
    Why.STATE: gettext_lazy(
        "This login was started in another window, has been used already, or took too long. Start it again."
    ),
    Why.NOT_LOGGED_IN: gettext_lazy("%(label)s did not log you in. Try again, or ask the invigilator."),
    Why.MIX_UP: _UNTRUSTED,
    Why.CODE: gettext_lazy("%(label)s did not confirm your login. Start it again."),
    Why.TOKEN: _UNTRUSTED,
    Why.CLAIM: gettext_lazy(
        "%(label)s logged you in, but did not say which SSO user ID you have. Ask the invigilator for help."
    ),
    Why.UNKNOWN: gettext_lazy(
        "%(label)s knows you as %(id)s. No test here has a candidate with this SSO user ID. If you have another "
        "account, log in with that one. If you are to sit a test, show this page to the invigilator."
    ),
    Why.OTHER_ACCOUNT: gettext_lazy(
        "%(label)s knows you as %(id)s, but another account of %(label)s has logged in here with this SSO user ID "
        "before. Show this page to the invigilator; the administrators of this system can see it too."
    ),
    Why.INACTIVE: gettext_lazy("You may not log in here at present. Ask the invigilator for help."),
    Why.NO_ANSWER: gettext_lazy(
        "%(label)s does not answer at the moment. Try again in half a minute. If your test begins now, ask the "
        "invigilator for a one-time login."
    ),
    Why.BUSY: gettext_lazy("Many people are logging in through %(label)s. This page tries again by itself."),
}

"""The same settings with the passwords of candidates checked as Django does where nobody says otherwise."""

from django.conf import global_settings

from tests.storm.settings import *  # noqa: F403

PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

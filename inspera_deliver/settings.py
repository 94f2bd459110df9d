"""Settings of the project; every value that differs between installations comes from .env or the environment."""

from pathlib import Path

from csp.constants import NONE, SELF
from decouple import Choices
from django.utils.translation import gettext_lazy as _

from inspera_deliver.environment import (
    BASE_DIR,
    at_least_one,
    config,
    database,
    kept_days,
    listed,
    networks,
    required,
    required_list,
)
from inspera_deliver.roster_sources import read_roster_sources, types_of_platforms
from inspera_deliver.sso_types import read_sso_types

# Keys ---------------------------------------------------------------------------------------------------------
SECRET_KEY = required("SECRET_KEY")
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
CREDENTIAL_KEYS = required_list("CREDENTIAL_KEYS")  # Fernet keys, newest first: seal the copy that is printed on slips
VERIFIER_KEYS = required_list("VERIFIER_KEYS")  # 32-byte keys, newest first: check one-time passwords

# What this installation is ------------------------------------------------------------------------------------
DEBUG = config("DEBUG", default=False, cast=bool)
DEMONSTRATION = config("DEMONSTRATION", default=False, cast=bool)
ORGANISATION = config("ORGANISATION", default="")
HALL_CONTACTS = config("HALL_CONTACTS", default="")
LOGIN_ADDRESS = config("LOGIN_ADDRESS", default="")
PLAIN_HTTP = config("PLAIN_HTTP", default=False, cast=bool)
BEHIND_PROXY = config("BEHIND_PROXY", default=False, cast=bool)
ALLOWED_HOSTS = listed("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")

# Limits of the product (docs/domain.md §2 and D10, D11) -------------------------------------------------------
EXTRA_TIME_LIMIT_MINUTES = config("EXTRA_TIME_LIMIT_MINUTES", default=2880, cast=int)
LOGIN_DETAILS_HOURS = config("LOGIN_DETAILS_HOURS", default=24, cast=int)
DRAFT_HOURS = config("DRAFT_HOURS", default=24, cast=int)
# A complete list that removes more than either is confirmed twice.
ROSTER_BRAKE_PEOPLE = config("ROSTER_BRAKE_PEOPLE", default=20, cast=int)
ROSTER_BRAKE_PERCENT = config("ROSTER_BRAKE_PERCENT", default=10, cast=int)
# Of other systems, in each process: the hall has the other threads.
API_REQUESTS_AT_ONCE = config("API_REQUESTS_AT_ONCE", default=3, cast=at_least_one)
API_REQUESTS_AT_ONCE_OF_A_KEY = config("API_REQUESTS_AT_ONCE_OF_A_KEY", default=2, cast=at_least_one)
API_REQUESTS_A_MINUTE = config("API_REQUESTS_A_MINUTE", default=600, cast=at_least_one)
API_GIVES_WAY_AT = config("API_GIVES_WAY_AT", default=3, cast=at_least_one)
# Test codes of this institution begin with these three letters (docs/domain.md E14).
TEST_CODE_LETTERS = config("TEST_CODE_LETTERS", default="DLV").upper()
PERMANENT_SEARCHES_A_MINUTE = config("PERMANENT_SEARCHES_A_MINUTE", default=60, cast=int)
# Who opens and replaces permanent users' passwords, beside administrators (credentials/rights.py).
PERMANENT_PASSWORDS_BY = config(
    "PERMANENT_PASSWORDS_BY",
    default="planners_of_all_tests",
    cast=Choices(["planners_of_all_tests", "any_planner", "administrators"]),
)
# Days after the last end of a test; without a setting nothing is deleted by age.
RETENTION_DAYS = {
    "answers": config("RETENTION_ANSWERS_DAYS", default="", cast=kept_days),
    "private_references": config("RETENTION_PRIVATE_REFERENCES_DAYS", default="", cast=kept_days),
    "one_time_users": config("RETENTION_ONE_TIME_USERS_DAYS", default="", cast=kept_days),
    "tests": config("RETENTION_TESTS_DAYS", default="", cast=kept_days),
}

# Webhooks: networks that are reached although they are not public.
WEBHOOK_NETWORKS = networks("WEBHOOK_NETWORKS")

# Institutions that candidates log in through -------------------------------------------------------------------
AUTHENTICATION_TYPES, AUTHENTICATION_TYPES_LEFT_OUT = read_sso_types(plain_http=PLAIN_HTTP)
# Student systems that tests take their candidates from.
_sso_slugs = [one["slug"] for one in AUTHENTICATION_TYPES]
ROSTER_SOURCES, ROSTER_SOURCES_LEFT_OUT = read_roster_sources(_sso_slugs)
AUTHENTICATION_TYPES += types_of_platforms(ROSTER_SOURCES, _sso_slugs)
SSO_CALLS_AT_ONCE = config("SSO_CALLS_AT_ONCE", default=4, cast=int)
# mozilla-django-oidc (O1 to O16); what belongs to one provider comes from its setup, in candidates/signin/sso.
OIDC_CREATE_USER = False
OIDC_USE_PKCE = True
OIDC_USE_NONCE = True
OIDC_VERIFY_SSL = True
OIDC_ALLOW_UNSECURED_JWT = False
OIDC_STORE_ACCESS_TOKEN = OIDC_STORE_ID_TOKEN = False

# Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "candidates",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "import_export",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "candidates.site.middleware.HealthMiddleware",
    "candidates.site.middleware.RequestLogMiddleware",
    "candidates.api.middleware.ApiMiddleware",
    "candidates.site.middleware.CodecMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "candidates.site.middleware.LoginRushMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "candidates.site.middleware.NoStoreMiddleware",
    "candidates.site.middleware.AddressMiddleware",
    "candidates.site.middleware.NoNulMiddleware",
    "candidates.site.middleware.BodySizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "candidates.site.middleware.UseMiddleware",
    "candidates.site.middleware.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "candidates.site.middleware.MethodMiddleware",
    "candidates.site.middleware.ExceptionMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "inspera_deliver.urls"
WSGI_APPLICATION = "inspera_deliver.wsgi.application"
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "candidates.site.context_processors.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = "candidates.formats"  # moments of the back office as of the other pages
TIME_ZONE = config("TIME_ZONE", default="Europe/Oslo")
USE_TZ = True
# What is stored in the order of another language is put in this one by `manage.py put_in_order`.
SORTING_LANGUAGES = ["nb", "nn", "da", "sv", "fi", "is", "de", "en", "fr", "nl", "es", "pl", "cs"]
SORTING_LANGUAGE = config("SORTING_LANGUAGE", default="nb", cast=Choices(SORTING_LANGUAGES))

# People and sessions ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "candidates.User"
# The one-time backend stands first: it alone answers for user names of the one-time shape, always with the same work.
AUTHENTICATION_BACKENDS = [
    "candidates.signin.backends.OneTimeBackend",
    "axes.backends.AxesStandaloneBackend",
    "candidates.signin.backends.PasswordBackend",
    "candidates.signin.sso.backend.SsoBackend",
]
PASSWORD_HASHERS = [
    "candidates.signin.hashers.OwaspArgon2Hasher",
    "candidates.signin.hashers.OldPBKDF2Hasher",
    "candidates.signin.hashers.KeyedArgon2Hasher",  # passwords that came in a file of permanent users
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "candidates.signin.own_password.AcceptedAtLoginValidator"},
]
PASSWORD_HASHES_AT_ONCE = config("PASSWORD_HASHES_AT_ONCE", default=1, cast=int)  # in one process
STAFF_TOTP = config("STAFF_TOTP", default="optional", cast=Choices(["optional", "required"]))
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_ENGINE = "candidates.signin.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # the cookie; people share machines
# The row, of candidates: longer than the longest test (48 h) with the longest planned and incident time (48 h each), so
# that nobody is logged out in mid-exam.
SESSION_COOKIE_AGE = 7 * 24 * 3600
# The row, of staff: after so many minutes without use.
SESSION_IDLE_MINUTES = config("SESSION_IDLE_MINUTES", default=60, cast=at_least_one)
# After so many, login details and new passwords ask staff for the own password once more.
REAUTHENTICATE_MINUTES = config("REAUTHENTICATE_MINUTES", default=15, cast=at_least_one)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "candidates.site.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Guessing (T1, T2): the "username" is a digest of name and browser (signin/throttling.py), counted together with
# the address, never an address alone.
AXES_HANDLER = "candidates.signin.throttling.AttemptsHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.1  # hours
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_USERNAME_CALLABLE = "candidates.signin.throttling.counted_as"
AXES_WHITELIST_CALLABLE = "candidates.signin.throttling.needs_no_throttle"
AXES_LOCKOUT_CALLABLE = "candidates.site.errors.too_many_attempts"
AXES_SENSITIVE_PARAMETERS: list[str] = ["username", "password", "ip_address"]
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "candidates.signin.throttling.client_address"
AXES_VERBOSE = False

# Transport and headers --------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_NAME = "sessionid" if PLAIN_HTTP else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if PLAIN_HTTP else "__Host-csrftoken"
REASON_COOKIE_NAME = "reason" if PLAIN_HTTP else "__Host-reason"  # why the login page is shown
BROWSER_COOKIE_NAME = "browser" if PLAIN_HTTP else "__Host-browser"
LAUNCH_COOKIE_NAME = "lti" if PLAIN_HTTP else "__Host-lti"  # how the names of these cookies begin
SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PLAIN_HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the shapes in app.css are data: images
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Files --------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # the product keeps no uploaded file
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or config("PLAIN_STATIC", default=False, cast=bool)
        else "inspera_deliver.static_files.StaticFiles"
    },
}
MAX_FORM = 5 * 1024 * 1024  # pasted rows: past 1 MiB of characters their form says so in a sentence
# What a candidate's answer may take: 500,000 characters of twelve bytes each, as forms without files send them
# ("%F0%9F%91%8D"), and what goes along. BodySizeMiddleware holds every other form to MAX_FORM.
DATA_UPLOAD_MAX_MEMORY_SIZE = 7 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["candidates.tabular.upload.BoundedMemoryUploadHandler"]

# Import and export ----------------------------------------------------------------------------------------------------
IMPORT_EXPORT_USE_TRANSACTIONS = False  # intake/importing.py holds the transaction and keeps it short

# Logs -----------------------------------------------------------------------------------------------------------------
LOG_FORMAT = config("LOG_FORMAT", default="plain", cast=Choices(["plain", "json"]))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "candidates.site.logs.SecretFormatter",
            "format": "{asctime} {levelname} {name} {number}{message}",
            "style": "{",
        },
        "json": {"()": "candidates.site.logs.JsonFormatter"},
    },
    "filters": {"outage": {"()": "candidates.site.logs.OutageFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["outage"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "candidates": {"level": "INFO"},
        "candidates.requests": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # At DEBUG these write all that a page shows and all that is stored, passwords of slips among it: they stay as
        # they are here where somebody turns the others up to look for a fault.
        "django.template": {"level": "INFO"},
        "django.db.backends": {"level": "INFO"},
        # it quotes the headers of a provider that it cannot read; our own line says that the provider has no answer
        "urllib3": {"level": "ERROR"},
        # axes writes what was typed as a name into its messages; our audit rows say the same without it
        "axes": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}

TEST_DATABASE_FOLDER = Path(config("TEST_DATABASE_FOLDER", default=str(BASE_DIR / ".pytest_cache")))
if DATABASES["default"]["ENGINE"] == "inspera_deliver.sqlite":
    # A file, not memory: WAL, locks and several processes are what the tests are about.
    DATABASES["default"]["TEST"] = {"NAME": str(TEST_DATABASE_FOLDER / "test.sqlite3")}

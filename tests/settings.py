"""The project's settings for tests: fresh keys and nothing from the .env of the person who runs them.

pytest-django reads the settings before any conftest.py is imported, so the environment has to be prepared here.
"""

import atexit
import os
import shutil
import sys
import tempfile

from inspera_deliver.make_env import fresh_keys

os.environ["ENV_FILE"] = os.devnull
for _name, _value in fresh_keys().items():
    # The workers of pytest-xdist take over the keys of the process that starts them.
    os.environ.setdefault(_name, _value)
os.environ["DEBUG"] = "False"
os.environ["PERMANENT_PASSWORDS_BY"] = "planners_of_all_tests"
os.environ["PLAIN_HTTP"] = "True"  # the live server of the browser tests speaks plain http on 127.0.0.1
os.environ["BEHIND_PROXY"] = "False"
os.environ["PLAIN_STATIC"] = "True"  # no collectstatic before a test
os.environ["DEMONSTRATION"] = "False"
os.environ["ALLOWED_HOSTS"] = "127.0.0.1,localhost,testserver"
os.environ["CSRF_TRUSTED_ORIGINS"] = ""
os.environ["ORGANISATION"] = "Havnes University"
os.environ["LOGIN_ADDRESS"] = "https://exam.havnes.example"
os.environ["TIME_ZONE"] = "Europe/Oslo"
os.environ["SSO_TYPES"] = "campus,entra"
os.environ["SSO_CAMPUS_LABEL"] = "Havnes Campus"
os.environ["SSO_ENTRA_LABEL"] = "Microsoft Entra ID"
os.environ["SSO_ENTRA_COMPARE"] = "exact"

if "pytest" in sys.modules and "TEST_DATABASE_FOLDER" not in os.environ:
    # A folder of its own for every run: two runs at the same time must not delete each other's database.
    os.environ["TEST_DATABASE_FOLDER"] = tempfile.mkdtemp(prefix="deliver-test-")
    atexit.register(shutil.rmtree, os.environ["TEST_DATABASE_FOLDER"], ignore_errors=True)

from inspera_deliver.settings import *  # noqa: E402, F403

# An empty folder: the live server serves static files from where they lie in the project.
STATIC_ROOT = TEST_DATABASE_FOLDER / "static"  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

"""Settings of the test run: fresh keys, plain http, no .env of this machine."""

import os

from cryptography.fernet import Fernet

# Set, not defaulted: a test run must not take a key from the shell it runs in. Workers of xdist inherit them.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ.update(
        ENV_FILE=os.devnull,
        SECRET_KEY=Fernet.generate_key().decode(),
        CREDENTIAL_KEYS=Fernet.generate_key().decode(),
        VERIFIER_KEYS=Fernet.generate_key().decode(),
        PLAIN_HTTP="True",
        PLAIN_STATIC="True",
        DEBUG="False",
        DEMONSTRATION="True",
        BEHIND_PROXY="False",
        TIME_ZONE="Europe/Oslo",
        ORGANISATION="Havnes University",
        LOGIN_ADDRESS="https://exam.havnes.example",
        ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
    )

from inspera_deliver.settings import *  # noqa: E402, F403

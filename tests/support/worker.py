"""The background worker on the database of a test: python -m tests.support.worker."""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

django.setup()
# Before anything connects: which database a test run made is known to it alone.
settings.DATABASES["default"]["NAME"] = os.environ["SERVED_DATABASE"]

if __name__ == "__main__":
    call_command("run_worker", *sys.argv[1:])

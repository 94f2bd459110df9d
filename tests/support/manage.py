"""A command of manage.py on a database that a test made: python -m tests.support.manage COMMAND..."""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

django.setup()
# Before anything connects: which database a test made is known to it alone.
settings.DATABASES["default"]["NAME"] = os.environ["SERVED_DATABASE"]

if __name__ == "__main__":
    call_command(*sys.argv[1:])

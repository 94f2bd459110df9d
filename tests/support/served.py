"""The product as gunicorn serves it, on the database of a test: gunicorn tests.support.served."""

import os

from django.conf import settings

# Before anything connects: which database a test run made is known to it alone.
settings.DATABASES["default"]["NAME"] = os.environ["SERVED_DATABASE"]

from inspera_deliver.wsgi import application  # noqa: E402

__all__ = ["application"]

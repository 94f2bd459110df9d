"""WSGI entry point for the production server."""

import os

from django.core.wsgi import get_wsgi_application

from candidates.credentials.keys import check_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inspera_deliver.settings")

application = get_wsgi_application()

# A server runs no system checks: malformed keys must stop it here, not the first login (traps.md P16).
check_keys()

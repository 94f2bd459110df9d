"""The product's own settings for a storm; the environment holds keys of its own and no .env is read."""

import os
from pathlib import Path

from inspera_deliver.settings import *  # noqa: F403

# Static files with their manifest, as an installation has them, without touching those of this folder.
STATIC_ROOT = Path(os.environ["STORM_FOLDER"]) / "static"

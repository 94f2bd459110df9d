"""The student systems that this installation can ask, one module for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.conf import settings

from candidates.rosters.source import RosterSource, SourceError
from candidates.rosters.sources.folder.reader import FolderSource
from candidates.rosters.sources.fs.reader import FsSource
from candidates.rosters.sources.ladok.reader import LadokSource
from candidates.rosters.sources.lti.reader import LtiSource
from candidates.rosters.sources.oneroster.reader import OneRosterSource

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

# How to make the reader of each kind from its settings; each kind adds itself here.
READERS: dict[str, Callable[[SourceSettings], RosterSource]] = {
    "fs": FsSource,
    "ladok": LadokSource,
    "folder": FolderSource,
    "lti": LtiSource,
    "oneroster": OneRosterSource,
}


def setups() -> Mapping[str, SourceSettings]:
    """Return the student systems that the settings name, by slug and in the order of the settings."""
    return {one["slug"]: one for one in settings.ROSTER_SOURCES}


def reader_of(slug: str) -> RosterSource:
    """Return what a source is asked through. Raises SourceError where it is not set up."""
    setup = setups().get(slug)
    if setup is None:
        raise SourceError("The settings of this installation no longer have this student system.")
    if setup["problems"]:
        raise SourceError(" ".join(setup["problems"]))
    return READERS[setup["kind"]](setup)

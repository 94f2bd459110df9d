"""Watch the drop folders of the settings: what was taken makes their tests look sooner."""

import logging

from django.utils import timezone

from candidates.models import RosterState
from candidates.rosters.source import SourceError
from candidates.rosters.sources import setups
from candidates.rosters.sources.folder.inbox import Inbox
from candidates.rosters.sources.folder.reader import FolderSource

log = logging.getLogger(__name__)


class Watcher:
    """All drop folders, as one worker watches them: it remembers which files it has seen, and for how long."""

    def __init__(self) -> None:
        self._inboxes: dict[str, Inbox] = {}
        self._said: dict[str, str] = {}

    def look(self) -> int:
        """Take what has come into each folder, and return how many files were answered. Raises Error of the database.

        A folder that is broken stops no other; the log says why, once for each reason.
        """
        answered = 0
        for slug, setup in setups().items():
            if setup["kind"] != "folder" or setup["problems"]:
                continue
            inbox = self._inboxes.setdefault(slug, FolderSource(setup).inbox())
            try:
                taken = inbox.look()
                said = f"{inbox.stuck} files may not be moved or read" if inbox.stuck else ""
            except SourceError as error:
                taken, said = 0, str(error)
            if said and said != self._said.get(slug):
                log.warning("Drop folder of %s: %s", slug, said)
            self._said[slug] = said
            if taken:
                log.info("Drop folder of %s: %d files answered", slug, taken)
                RosterState.objects.filter(source=slug).update(hints_due_at=timezone.now())
            answered += taken
        return answered

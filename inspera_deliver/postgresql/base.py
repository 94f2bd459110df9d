"""Ask a connection that answered a moment ago for nothing before it is used again.

Django sends a question of its own before the first of each request, to find out whether the server is still there
(CONN_HEALTH_CHECKS). Of a connection that was in use within the last second its socket says so without a question: a
server that ended, or that ended this connection, has sent something. One that vanished without a word within that
second is found by the first statement, as one that vanishes within a request.
"""

import time
from select import POLLIN, poll

from django.db.backends.postgresql import base

FRESH_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is asked whether it is usable where that is in doubt."""

    health_check_done: bool
    _answered_at = -FRESH_SECONDS

    def close_if_unusable_or_obsolete(self) -> None:
        """Note at the end of a request that the connection was in use."""
        if self.health_check_done and not self.errors_occurred:
            self._answered_at = time.monotonic()
        super().close_if_unusable_or_obsolete()

    def close_if_health_check_failed(self) -> None:
        """Close a connection that does not answer, before its first use in a request."""
        if self.connection is not None and not self.health_check_done and self._is_fresh():
            self.health_check_done = True
        else:
            super().close_if_health_check_failed()

    def _is_fresh(self) -> bool:
        """Say whether the connection was in use a moment ago, and has been silent since."""
        if time.monotonic() - self._answered_at > FRESH_SECONDS or self.connection.closed:
            return False
        sockets = poll()
        sockets.register(self.connection.fileno(), POLLIN)
        return not sockets.poll(0)

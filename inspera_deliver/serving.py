"""gunicorn for the product: threads get complete requests, and the log contains nothing that clients sent."""

import re
import socket
import struct
import sys
import time
import traceback
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.workers.gthread import TConn, ThreadWorker

from inspera_deliver.environment import config

HEAD_SECONDS = 15.0  # from opening the connection until head and small body must be complete
SILENT_SECONDS = 30  # for which a thread waits for the next bytes of a large body, or for a client to read
SMALL_BODY = 64 * 1024  # forms, and most answers
MAX_HEAD_BYTES = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)
LOGIN = re.compile(rb"POST /login/[ ?]")
IN_PARTS = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)


class Arrived(Enum):
    """How much of a request has arrived."""

    NOT_ENOUGH = auto()
    HEAD = auto()  # of a request whose body is large, or comes in parts
    WHOLE = auto()
    GONE = auto()  # the client has closed the connection


@dataclass
class Lane:
    """A limit for one kind of requests: how many may be handled at once, how many are, and which wait."""

    most: int
    at_work: int = 0
    waiting: deque[TConn] = field(default_factory=deque)


class Worker(ThreadWorker):
    """gthread, whose threads get complete requests instead of connections.

    gthread's threads read heads and bodies themselves, and wait for them without a limit: as many half-sent requests as
    there are threads stop a process. Here the loop that holds the connections reads head and small body, and closes
    connections that do not complete them in time.

    Two kinds of requests have lanes: large bodies, which threads read and wait for, and logins, because a flood of them
    would delay every save. The requests beyond a lane's limit wait without a thread.
    """

    def init_process(self) -> None:
        """Start with empty lanes."""
        # One login more than can hash or wait for a hash (candidates/signin/hash_slots.py), so that logins with slips
        # continue. No more than that: the threads of a process take turns, and logins would slow every save.
        hashes = max(1, config("PASSWORD_HASHES_AT_ONCE", default=1, cast=int))
        self.large, self.logins = Lane(max(1, self.cfg.threads // 2)), Lane(hashes + 2)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to a thread if its request is complete; else the loop keeps it."""
        if conn.parser is None:
            conn.sent, conn.is_answered = b"", False
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                conn.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SILENT_SECONDS, 0))
        else:  # kept alive: what was read beyond the last request
            conn.sent = conn.parser.unreader.take_buffered()
        conn.sock.setblocking(False)
        there = arrived(conn.sent)
        if there is Arrived.NOT_ENOUGH:
            there = receive(conn)
        if there is Arrived.NOT_ENOUGH:
            self._keep(conn)
        else:
            self._give_away(conn, there)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Read what has arrived; after the last response it is dropped."""
        if conn.is_answered:
            conn.sent = b""
        there = receive(conn)
        if there is Arrived.GONE or not (conn.is_answered or there is Arrived.NOT_ENOUGH):
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._give_away(conn, there)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Continue with the connection, and with the next request in its lane."""
        lane = conn.lane
        if lane is not None:
            lane.at_work -= 1
        if self.alive and not fs.cancelled() and fs.exception() is None and not fs.result():
            self._end(conn)
        else:
            super().finish_request(conn, fs)
        if lane is not None and lane.waiting:
            self._go(lane.waiting.popleft(), lane)

    def _keep(self, conn: TConn) -> None:
        """Let the loop wait for more of a request, for HEAD_SECONDS at most."""
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _give_away(self, conn: TConn, there: Arrived) -> None:
        """Hand a request to a thread, in its lane if it has one; close the connection where the client is gone."""
        if there is Arrived.GONE:
            self.nr_conns -= 1
            conn.close()
        elif there is Arrived.HEAD:
            self._go(conn, self.large)
        else:
            self._go(conn, self.logins if LOGIN.match(conn.sent) else None)

    def _go(self, conn: TConn, lane: "Lane | None") -> None:
        if lane is not None and lane.at_work >= lane.most:
            lane.waiting.append(conn)
            return
        if lane is not None:
            lane.at_work += 1
        conn.lane = lane
        super().enqueue_req(conn)

    def _end(self, conn: TConn) -> None:
        """Shut down our side, and close when the client does, which may still be sending or reading.

        gunicorn would block all connections of the process for up to two seconds here.
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._give_away(conn, Arrived.GONE)
        else:
            conn.is_answered = True
            self._keep(conn)

    def handle(self, conn: TConn) -> Any:
        """Answer one request in a thread, starting with what the loop has read of it."""
        conn.data_ready = True  # nothing to wait for
        conn.init()
        conn.parser.unreader.unread(conn.sent)
        conn.sent = b""
        return super().handle(conn)


def receive(conn: TConn) -> Arrived:
    """Read what has arrived of a request, without waiting, and say how much of it is there."""
    try:
        came = conn.sock.recv(SMALL_BODY)
    except BlockingIOError:
        return Arrived.NOT_ENOUGH
    except OSError:
        return Arrived.GONE
    if not came:
        return Arrived.GONE
    conn.sent += came
    return arrived(conn.sent)


def arrived(sent: bytes) -> Arrived:
    """Say how much of a request is there; gunicorn's parser reports errors in it."""
    end = sent.find(END_OF_HEAD) + len(END_OF_HEAD)
    if end < len(END_OF_HEAD):
        return Arrived.HEAD if len(sent) > MAX_HEAD_BYTES else Arrived.NOT_ENOUGH
    if IN_PARTS.search(sent, 0, end):
        return Arrived.HEAD
    length = LENGTH.search(sent, 0, end)
    if length is None or len(sent) - end >= int(length[1]):
        return Arrived.WHOLE
    return Arrived.NOT_ENOUGH if int(length[1]) <= SMALL_BODY else Arrived.HEAD


class Logger(GunicornLogger):
    """gunicorn's own lines, without addresses of pages and clients, and without what their requests held."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log that a request was refused and by which rule; gunicorn would quote the request."""
        if msg.startswith("Invalid request from"):
            msg, args = "Invalid request: %s", (type(sys.exc_info()[1]).__name__,)
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log where a response failed and by which error, without its text and the address, which may hold anything."""
        error = sys.exc_info()[1]
        if error is None or not msg.startswith(("Error handling", "Socket error")):
            super().exception(msg, *args, **kwargs)
        elif not isinstance(error, BlockingIOError):  # a client that does not read or send: no fault of ours
            where = "".join(traceback.format_tb(error.__traceback__))
            self.error("%s: %s\n%s", msg.partition(" %s")[0], type(error).__name__, where)

"""Do the long work, imports of permanent users, send webhooks, and do what is due every hour and every night.

Run one beside the server, and start it again whenever it ends.

A database that is away or locked for long does not end it.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from candidates.intake.accounts.running import work_on_next
from candidates.operations.drop_folders import Watcher
from candidates.operations.exports import make_next
from candidates.operations.schedule import be_seen, prepare, run_due
from candidates.operations.webhooks import queue, sending
from candidates.rosters.looking import work_on
from candidates.rosters.sources import setups

SECONDS_BETWEEN_LOOKS = 5
SECONDS_BETWEEN_SIGNS = 30
SECONDS_BETWEEN_WEBHOOKS = 2
SECONDS_BETWEEN_SOURCES = 10
SECONDS_BETWEEN_FILES = 3
STOP = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run long work (imports of permanent users) in the background, and what is due every hour and every night. "
        "SIGTERM ends it within seconds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between looks for work (0.5)")

    def handle(self, *args: Any, interval: float, **options: Any) -> None:
        with signals_held():
            threading.Thread(target=keep_schedule, name="schedule", daemon=True).start()
            # not in the schedule's thread: its jobs may take minutes
            threading.Thread(target=keep_being_seen, name="signs", daemon=True).start()
            threading.Thread(target=keep_telling, name="webhooks", daemon=True).start()
            threading.Thread(target=keep_looking, name="rosters", daemon=True).start()
            threading.Thread(target=keep_taking_lists, name="folders", daemon=True).start()
            keep_working(interval)


@contextmanager
def signals_held() -> Iterator[None]:
    """Keep the signals that end a worker, in this thread and those it starts, until `is_told_to_stop` looks."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_told_to_stop(seconds: float) -> bool:
    """Wait so long for a signal that ends the worker, and say whether one came."""
    return signal.sigtimedwait(STOP, seconds) is not None


def keep_working(interval: float, *, stops: Callable[[float], bool] = is_told_to_stop) -> None:
    """Work on imports and exports until a signal ends it, also where the database is away or locked in between."""
    pause = 0.0
    while not stops(pause):
        try:
            pause = 0 if work_on_next() or make_next() else interval
        except Error as error:
            words = "The database did not answer the worker (%s); going on in %d seconds"
            log.warning(words, type(error).__name__, SECONDS_BETWEEN_LOOKS)
            connection.close()
            pause = SECONDS_BETWEEN_LOOKS


def keep_being_seen() -> None:
    """Every half minute, say that this worker is there."""
    wait = threading.Event()
    while True:
        try:
            be_seen()
        except Error as error:
            log.warning("The database did not take the worker's sign (%s)", type(error).__name__)
        finally:
            connection.close()
        if wait.wait(SECONDS_BETWEEN_SIGNS):
            return


def keep_schedule() -> None:
    """Every few seconds, run the jobs that are due (operations/schedule.py)."""
    wait = threading.Event()
    prepared = False
    while True:
        try:
            if not prepared:
                prepare()
                prepared = True
            run_due()
        except Error as error:
            words = "The database did not answer the schedule (%s); looking again in %d seconds"
            log.warning(words, type(error).__name__, SECONDS_BETWEEN_LOOKS)
        finally:
            connection.close()
        if wait.wait(SECONDS_BETWEEN_LOOKS):
            return


def keep_telling() -> None:
    """Every few seconds, queue what happened, and send webhooks that are due (operations/webhooks/)."""
    wait = threading.Event()
    pool = ThreadPoolExecutor(sending.AT_ONCE, "webhooks")
    running: list[Future[None]] = []
    while True:
        try:
            queue.queue_events()
            running = [turn for turn in running if not turn.done()]
            running += sending.send_due(pool, most=sending.AT_ONCE - len(running))
        except Error as error:
            log.warning("The database did not answer for webhooks (%s)", type(error).__name__)
        finally:
            connection.close()
        if wait.wait(SECONDS_BETWEEN_WEBHOOKS):
            return


def keep_looking() -> None:
    """Every few seconds, look at what is due at each student system; one that hangs keeps no other waiting."""
    wait = threading.Event()
    running: dict[str, threading.Thread] = {}
    while True:
        for source in setups():
            if source not in running or not running[source].is_alive():
                running[source] = threading.Thread(target=look, args=[source], name=f"roster {source}", daemon=True)
                running[source].start()
        if wait.wait(SECONDS_BETWEEN_SOURCES):
            return


def look(source: str) -> None:
    """Look at what is due at one student system."""
    try:
        work_on(source)
    except Error as error:
        log.warning("The database did not answer for a student system (%s)", type(error).__name__)
    except Exception:
        # Whatever comes of one source: the worker goes on, and asks it again.
        log.exception("Looking at the student system %s failed", source)
    finally:
        connection.close()


def keep_taking_lists() -> None:
    """Every few seconds, take the lists that came into drop folders (operations/drop_folders.py)."""
    wait = threading.Event()
    watcher = Watcher()
    while True:
        try:
            watcher.look()
        except Error as error:
            log.warning("The database did not answer for drop folders (%s)", type(error).__name__)
        except Exception:
            # Whatever comes of one look: the worker goes on, and looks again.
            log.exception("Looking into the drop folders failed")
        finally:
            connection.close()
        if wait.wait(SECONDS_BETWEEN_FILES):
            return

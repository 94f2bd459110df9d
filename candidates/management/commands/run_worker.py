"""Do the long work, imports of permanent users, and what is due every hour and every night.

Run one beside the server, and start it again whenever it ends.

A database that is away or locked for long does not end it.
"""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from candidates.intake.accounts.running import bring_back_abandoned
from candidates.operations.schedule import be_seen, prepare, run_due

SECONDS_BETWEEN_LOOKS = 5
SECONDS_BETWEEN_SIGNS = 30
KEPT = timedelta(days=1)
"""How long the record of a task is kept after it was queued."""

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run long work (imports of permanent users) in the background, and what is due every hour and every night. "
        "SIGTERM ends it within seconds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between looks for work (0.5)")

    def handle(self, *args: Any, interval: float, **options: Any) -> None:
        worker = Worker(
            queue_names=["default"],
            interval=interval,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        threading.Thread(target=look_after, name="reaper", daemon=True).start()
        threading.Thread(target=keep_schedule, name="schedule", daemon=True).start()
        # not in the schedule's thread: its jobs may take minutes
        threading.Thread(target=keep_being_seen, name="signs", daemon=True).start()
        keep_working(worker)


def keep_working(worker: Worker) -> None:
    """Run the worker until a signal ends it, also where the database is away or locked between two tasks."""
    while worker.running:
        try:
            worker.run()
        except Error as error:
            worker.running_task = False  # a signal ends the pause at once
            words = "The database did not answer the worker (%s); going on in %d seconds"
            log.warning(words, type(error).__name__, SECONDS_BETWEEN_LOOKS)
            connection.close()
            time.sleep(SECONDS_BETWEEN_LOOKS)
        else:
            return


def look_after() -> None:
    """Every few seconds, bring back what a killed worker left, and forget old tasks."""
    wait = threading.Event()
    while not wait.wait(SECONDS_BETWEEN_LOOKS):
        try:
            bring_back_abandoned()
            DBTaskResult.objects.filter(enqueued_at__lt=timezone.now() - KEPT).exclude(status="READY").delete()
        except Error:
            log.warning("The database did not answer; looking again in %d seconds", SECONDS_BETWEEN_LOOKS)
        finally:
            connection.close()


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

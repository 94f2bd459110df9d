"""What the processes do in the races of the import of permanent users."""

from datetime import timedelta

from candidates.intake import drafts
from candidates.intake.accounts import running
from candidates.intake.accounts.running import start_import, work_on
from candidates.models import Import


def work(public_id: str, lease: float = 30) -> bool:
    """Work on an import to its end, as a worker would; `lease` are seconds after which others may go on with it."""
    running.LEASE = timedelta(seconds=lease)
    while work_on(public_id):
        pass
    return True


def start(public_id: str, seen: str) -> None:
    """Start the import, as somebody who presses the button does."""
    start_import(Import.objects.get(public_id=public_id), seen=seen)


def cancel(public_id: str) -> bool:
    """Stop the import."""
    running = Import.objects.select_related("owner").get(public_id=public_id)
    assert running.owner is not None
    return drafts.cancel(running, by=running.owner)

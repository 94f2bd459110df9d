"""Long work, as the worker takes it from the database (manage.py run_worker). Arguments are ids."""

from django_tasks import task

from candidates.intake.accounts.running import work_on


@task()
def import_users(public_id: str) -> None:
    """Go on with an import of permanent users for a few seconds; it queues its own continuation."""
    work_on(public_id)

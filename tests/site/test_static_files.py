"""Scripts in production: every module is named by its content, and is kept by browsers for good."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from django.conf import settings as project
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from candidates.lifecycle.sitting import start
from candidates.models import Candidate, User

IMPORT = re.compile(r"""^import\b[^"';]*["']([^"']+)["'];""", re.MULTILINE)
NAMED_BY_CONTENT = re.compile(r"\.[0-9a-f]{12}\.js$")
SOURCE = Path(__file__).resolve().parents[2] / "candidates/static"


@pytest.fixture
def collect(settings: Settings, tmp_path: Path) -> Callable[[], None]:
    """Return a function that does what an installation does with a copy of our static files, which `source` is."""
    shutil.copytree(SOURCE, tmp_path / "source")
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    storages = project.STORAGES | {"staticfiles": {"BACKEND": "inspera_deliver.static_files.StaticFiles"}}

    def run() -> None:
        finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # it is a cached function
        settings.STORAGES = storages  # a new storage, which reads the new list of names
        call_command("collectstatic", interactive=False, verbosity=0)

    return run


def modules_of(client: Client, address: str) -> list[str]:
    """Return the address of each script of a page, and of each that those import."""
    waiting = re.findall(r'<script src="([^"]+)"', client.get(address).content.decode())
    found: list[str] = []
    while waiting:
        script = waiting.pop()
        if script in found:
            continue
        found.append(script)
        answer = client.get(script)
        text = b"".join(answer).decode()
        assert answer.status_code == 200, script
        assert answer["Content-Type"].partition(";")[0] == "text/javascript"  # browsers run no module of another type
        assert "immutable" in answer["Cache-Control"], script
        waiting += [normpath(join(dirname(script), name)) for name in IMPORT.findall(text)]
    return found


@pytest.mark.django_db
def test_every_module_of_the_page_of_a_test_has_a_name_that_browsers_may_keep(
    candidate: Candidate, client_of: Callable[[User | None], Client], collect: Callable[[], None]
) -> None:
    collect()
    start(candidate=candidate)
    client = client_of(candidate.user)
    modules = modules_of(client, f"/test/{candidate.test.public_id}/")
    assert [module for module in modules if not NAMED_BY_CONTENT.search(module)] == []
    plain = {re.sub(r"\.[0-9a-f]{12}\.js$", ".js", module) for module in modules}
    ours = {f"/static/candidates/{path.relative_to(SOURCE / 'candidates')}" for path in SOURCE.rglob("sitting/*.js")}
    assert ours - plain == {f"/static/candidates/sitting/{name}.js" for name in ("receipt", "waiting")}
    assert "/static/candidates/shared/database.js" in plain


@pytest.mark.django_db
def test_a_module_that_changes_gives_a_new_name_to_all_that_import_it(
    candidate: Candidate, client_of: Callable[[User | None], Client], collect: Callable[[], None], tmp_path: Path
) -> None:
    start(candidate=candidate)
    page = f"/test/{candidate.test.public_id}/"
    collect()
    before = set(modules_of(client_of(candidate.user), page))
    deepest = tmp_path / "source/candidates/sitting/seal.js"
    deepest.write_text(deepest.read_text() + "// changed\n")
    collect()
    after = set(modules_of(client_of(candidate.user), page))
    changed = {re.sub(r".*/(\w+)\.[0-9a-f]{12}\.js$", r"\1", module) for module in after - before}
    assert changed == {"seal", "draft", "leaving", "sitting"}

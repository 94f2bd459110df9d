"""What docs/api.md tells people who write clients does what it says, on the production server."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone

from candidates.models import AccessKey, Candidate, Scope, Subscription, Test
from candidates.operations import exports
from candidates.operations.webhooks import sending
from candidates.signin.access_keys import make_key
from tests.factories import make_staff
from tests.storm.installation import SERVER
from tests.support.production_server import ProductionServer

PROJECT = Path(__file__).resolve().parent.parent.parent
GUIDE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
SECRET = "0123456789abcdef"
SECONDS_AT_MOST = 120


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def environment(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A server, a key, and what the examples read from their environment."""
    by = make_staff("administrator", "Arne Lund", is_administrator=True)
    expires_at = timezone.now() + timedelta(days=1)
    key, secret = make_key(name="Guide", scopes=list(Scope), all_tests=False, expires_at=expires_at, by=by)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ProductionServer(*SERVER.replace("--workers 4", "--workers 1").split()) as server:
        found = {"DELIVER": server.address, "KEY": secret, "CLIENT_ID": key.public_id, "SECRET": SECRET}
        found |= {"PORT": str(port), "RECEIVER": f"http://127.0.0.1:{port}/"}
        for name, value in found.items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def receiver(environment: dict[str, str]) -> Iterator[str]:
    """The receiver of the guide, running."""
    (source,) = blocks("python receiver")
    running = subprocess.Popen([sys.executable, "-c", source], stderr=subprocess.DEVNULL)
    until = time.monotonic() + SECONDS_AT_MOST
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", int(environment["PORT"])), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield environment["RECEIVER"]
    running.terminate()
    running.wait(timeout=SECONDS_AT_MOST)


@pytest.mark.slow
def test_the_examples_do_what_they_say_in_their_order(
    environment: dict[str, str], receiver: str, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = "set -euo pipefail\n" + "\n".join(blocks("sh"))
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=SECONDS_AT_MOST, check=False)
    assert done.returncode == 0, done.stderr
    assert '"access_token"' in done.stdout
    assert '"dryRun":true' in done.stdout.replace(" ", "")
    assert (Test.objects.count(), Candidate.objects.count()) == (1, 0)

    first, once, lists, order, fetch, subscribe = blocks("python")
    names: dict[str, Any] = {}

    def run(block: str) -> list[str]:
        exec(compile(block, "docs/api.md", "exec"), names)  # noqa: S102  our own document
        return capsys.readouterr().out.splitlines()

    assert run(first)[0].startswith("/candidates/17/extraTime ")
    assert not Candidate.objects.exists()
    assert run(once) == ["1500 true"]
    assert run(lists) == ["1500"]
    past = timezone.now() - timedelta(days=3)
    Test.objects.update(opens_at=past, ends_at=past + timedelta(hours=4))
    run(order)
    assert exports.make_next()
    assert run(fetch) == ["1500"]

    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    assert run(subscribe) == ["waiting"]
    names["api"].close()
    (turn,) = sending._turns(8)
    sending.take_turn(turn)
    assert Subscription.objects.get().status == "active"
    forged = {"X-Deliver-Timestamp": str(int(time.time())), "X-Deliver-Signature": "sha256=0"}
    assert requests.post(receiver, data=b"{}", headers=forged, timeout=SECONDS_AT_MOST).status_code == 401
    assert AccessKey.objects.get().system == "guide"
    assert os.environ["SECRET"] == SECRET

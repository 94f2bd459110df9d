"""Another system that sends as fast as it can, beside the crowd: python -m tests.storm.api_client ADDRESS < key.

`python -m tests.storm.api_client` alone makes the key. It ends on SIGTERM, and prints how often it got which status.
"""

import json
import signal
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

AT_ONCE = 4
BATCH = 500
SECONDS = 120


def make_key() -> str:
    """Return a new key that may do everything."""
    import django

    django.setup()
    from candidates.models import Scope, User
    from candidates.signin.access_keys import make_key as make

    by, _made = User.objects.get_or_create(username="storm-administrator", is_administrator=True)
    expires_at = datetime.now(UTC) + timedelta(days=1)
    return make(name="Storm", scopes=list(Scope), all_tests=True, expires_at=expires_at, by=by)[1]


class Client:
    """Threads that send one request after the other, whatever they are answered."""

    def __init__(self, address: str, key: str) -> None:
        self.base, self.headers = f"{address}/api/v1", {"Authorization": f"Bearer {key}"}
        self.over = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.lock = threading.Lock()

    def send_until_over(self, number: int) -> None:
        """Make tests, fill them, and read lists, without a pause."""
        opens = datetime.now(UTC) + timedelta(days=9)
        times = {"startTime": opens.isoformat(), "endTime": (opens + timedelta(hours=4)).isoformat()}
        with requests.Session() as session:
            session.headers.update(self.headers)
            for turn in range(10**9):
                test = {"externalTestId": f"{number}-{turn}", "title": f"Storm {number}", **times}
                made = self._send(session, "POST", "/test", test)
                people = {"candidates": [{"candidateId": f"{one:04}"} for one in range(BATCH)]}
                if "assessmentRunId" in made:
                    self._send(session, "POST", f"/test/{made['assessmentRunId']}/candidates", people)
                    self._send(session, "GET", f"/test/{made['assessmentRunId']}/candidates?limit=1500")
                self._send(session, "GET", "/test?limit=1500")
                if self.over.is_set():
                    return

    def _send(self, session: requests.Session, method: str, path: str, body: Any = None) -> dict[str, str]:
        if self.over.is_set():
            return {}
        try:
            answer = session.request(method, f"{self.base}{path}", json=body, timeout=SECONDS)
        except requests.RequestException:
            with self.lock:
                self.statuses[0] += 1
            return {}
        with self.lock:
            self.statuses[answer.status_code] += 1
        return dict(answer.json()) if answer.status_code < 300 else {}


def main() -> int:
    """Send until SIGTERM, then say what came of it."""
    if len(sys.argv) == 1:
        print(make_key())
        return 0
    client = Client(sys.argv[1], sys.stdin.read().strip())
    signal.signal(signal.SIGTERM, lambda *_signal: client.over.set())
    threads = [threading.Thread(target=client.send_until_over, args=(number,)) for number in range(AT_ONCE)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"seconds": round(time.monotonic() - began, 1), "statuses": dict(client.statuses)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

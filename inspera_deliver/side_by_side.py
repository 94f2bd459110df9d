"""Run the server and the background worker side by side: python -m inspera_deliver.side_by_side SERVER... -- WORKER...

`make run` uses it. When the server ends, the worker is stopped too; a worker that ends is started again. The worker is
outside the process group that Ctrl-C reaches: it gets one signal, from here, because a second one would make it abandon
its current rows. On a real installation the machine's service manager runs both.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence

SECONDS_BETWEEN_LOOKS = 0.2
PAUSE = 3  # seconds before the worker is started again
PATIENCE = 15  # seconds: the worker brings the rows at hand to their end


def run(server: Sequence[str], worker: Sequence[str]) -> int:
    """Run both until the server or a signal ends it; return the server's exit code (128 + n for signal n)."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: told.append(number))
    serving = subprocess.Popen(server)  # noqa: S603  both commands are the Makefile's
    working = _start(worker)
    again_at = 0.0
    while not told and serving.poll() is None:
        if not again_at and working.poll() is not None:
            print(f"The background worker has ended. It starts again in {PAUSE} seconds.", file=sys.stderr, flush=True)
            again_at = time.monotonic() + PAUSE
        if again_at and time.monotonic() >= again_at:
            working, again_at = _start(worker), 0.0
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if not told:
        print("The server has ended, and everything else with it.", file=sys.stderr, flush=True)
    _end(serving)
    _end(working)
    return 128 + told[0] if told else abs(serving.returncode) or 1


def _start(worker: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(worker, start_new_session=True)  # noqa: S603


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop one child, which may be ending already, because Ctrl-C reached it."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def main(arguments: Sequence[str]) -> int:
    """Run the two commands that stand on both sides of `--`."""
    if "--" not in arguments or arguments[0] == "--" or arguments[-1] == "--":
        print("Usage: python -m inspera_deliver.side_by_side SERVER... -- WORKER...", file=sys.stderr)
        return 2
    place = list(arguments).index("--")
    return run(arguments[:place], arguments[place + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

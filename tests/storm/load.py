"""What a phase costs: processor time by who took it, and how many waited at the listening socket."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

EVERY = 0.1  # seconds
LISTENING = "0A"  # state in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Load:
    """One phase: seconds of processor time by group, those of one process at most, and of the whole machine."""

    wall: float
    seconds: Mapping[str, float]
    busiest_worker: float
    others: float
    disk: float
    cores: int
    queue: int | None

    @property
    def in_all(self) -> float:
        """Return the processor time of the storm's own processes, in seconds."""
        return sum(self.seconds.values())

    def saturated(self) -> str:
        """Say what was at its limit first, and by which figure that is told."""
        used = (self.in_all + self.others) / (self.wall * self.cores)
        most = max(self.seconds, key=lambda name: self.seconds[name])
        share = self.seconds[most] / (self.wall * self.cores)
        if used >= 0.9:
            return f"the processor ({used:.0%} of {self.cores} cores busy), most of it by the {most} ({share:.0%})"
        if self.seconds["client"] / self.wall >= 0.9:
            return f"the client (one process, {self.seconds['client'] / self.wall:.0%} of a core): not the server"
        if self.busiest_worker / self.wall >= 0.9:
            return f"one web process ({self.busiest_worker / self.wall:.0%} of a core; more than one it cannot use)"
        if self.disk / (self.wall * self.cores) >= 0.1:
            return f"the disk (waited for during {self.disk / (self.wall * self.cores):.0%} of the time)"
        return f"none of processor ({used:.0%}), client and disk: what is left is waiting for locks of the database"


@dataclass
class Watch:
    """Take the figures while a phase runs; use it as a context, then ask for `load`."""

    groups: Mapping[str, psutil.Process]
    port: int
    wall: float = 0.0
    _before: dict[str, float] = field(default_factory=dict)
    _queue: list[int] = field(default_factory=list)

    def __enter__(self) -> "Watch":
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._before = self._now()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._after = self._now()

    def load(self, wall: float) -> Load:
        """Return what the phase took; `wall` are the seconds that the client measured."""
        taken = {name: self._after[name] - self._before.get(name, 0.0) for name in self._after}
        own = {name: taken[name] for name in self.groups}
        workers = [seconds for name, seconds in taken.items() if name.startswith("worker ")]
        return Load(
            wall,
            own,
            max(workers, default=0.0),
            max(0.0, taken["machine"] - sum(own.values())),
            taken["disk"],
            psutil.cpu_count() or 1,
            max(self._queue, default=None),
        )

    def _now(self) -> dict[str, float]:
        found = {name: _processor_time(process) for name, process in self.groups.items()}
        for worker in self.groups["web processes"].children():
            found[f"worker {worker.pid}"] = _processor_time(worker)
        times = psutil.cpu_times()
        waiting = getattr(times, "iowait", 0.0)
        return {
            **found,
            "disk": waiting,
            "machine": sum(times[:3]) + sum(getattr(times, name, 0.0) for name in ("irq", "softirq", "steal")),
        }

    def _look(self) -> None:
        while not self._stop.wait(EVERY):
            waiting = _waiting_at(self.port)
            if waiting is not None:
                self._queue.append(waiting)


def _processor_time(process: psutil.Process) -> float:
    """Return the seconds of a process and of all that it has started, also of those that have ended."""
    seconds = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system
        if one == process:
            seconds += times.children_user + times.children_system
    return seconds


def _waiting_at(port: int) -> int | None:
    """Return how many connections nobody has accepted yet; None where the system does not tell."""
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        _number, local, _remote, state, queues, *_rest = line.split()
        if state == LISTENING and int(local.partition(":")[2], 16) == port:
            return int(queues.partition(":")[2], 16)
    return None

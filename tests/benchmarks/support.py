"""Measure medians of a few runs in one process, side by side with what they are compared with; print a table."""

import gc
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any


def measure(fn: Callable[[], object], runs: int = 5) -> float:
    """Return the median duration of `fn` in seconds."""
    return measure_each(lambda: None, lambda _nothing: fn(), runs=runs)


def measure_each(
    prepare: Callable[[], Any],
    act: Callable[[Any], object],
    runs: int = 5,
    of: Callable[[list[float]], float] = median,
) -> float:
    """Return the median duration of `act` in seconds, on something that is prepared anew for each run, unmeasured.

    `of` is another way to make one figure of all.
    """
    durations = []
    for _ in range(runs):
        prepared = prepare()
        start = perf_counter()
        act(prepared)
        durations.append(perf_counter() - start)
    return of(durations)


def measure_in_turn(*pairs: tuple[Callable[[], Any], Callable[[Any], object]], runs: int = 9) -> list[float]:
    """Return the median duration of each act, each on what is prepared anew for it; one run of each after the other.

    What runs later finds a fuller database and another load of the machine: so do all.
    """
    durations: list[list[float]] = [[] for _pair in pairs]
    for _ in range(runs):
        for (prepare, act), found in zip(pairs, durations, strict=True):
            found.append(measure_each(prepare, act, runs=1))
    return [median(found) for found in durations]


def peak_since(act: Callable[[], Any]) -> tuple[Any, float]:
    """Return what `act` returns, and how many MiB this process had at most meanwhile: 0 where only Linux could tell."""
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not forget.exists():
        return act(), 0
    gc.collect()
    forget.write_text("5")
    done = act()
    (most,) = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())
    return done, int(most) / 1024


@dataclass(frozen=True)
class Line:
    """One measured thing, with what it must not pass."""

    what: str
    seconds: float
    beside: str
    beside_seconds: float
    ratio: float
    limit: str
    kept: bool
    unit: str = "ms"


class Report:
    """The lines of one run; printed at its end."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.lines: list[Line] = []

    def at_most_times(
        self, what: str, seconds: float, beside: str, beside_seconds: float, limit: float, noise: float = 0
    ) -> None:
        """Note something that may take at most `limit` times as long as what stands beside it.

        `noise` are seconds more that are let pass whatever the ratio is.
        """
        ratio = seconds / beside_seconds
        kept = ratio <= limit or seconds <= beside_seconds + noise
        self.lines.append(Line(what, seconds, beside, beside_seconds, ratio, f"<= {limit:g}x", kept))

    def at_least_faster(self, what: str, seconds: float, beside: str, beside_seconds: float, limit: float) -> None:
        """Note something that must be at least `limit` times as fast as what stands beside it."""
        ratio = beside_seconds / seconds
        self.lines.append(Line(what, seconds, beside, beside_seconds, ratio, f">= {limit:g}x", ratio >= limit))

    def at_most_ms(self, what: str, seconds: float, limit_ms: float) -> None:
        """Note something that may take at most so many milliseconds."""
        self.lines.append(
            Line(what, seconds, "", 0, seconds * 1000 / limit_ms, f"<= {limit_ms:g} ms", seconds * 1000 <= limit_ms)
        )

    def at_most_mib(self, what: str, mebibytes: float, limit: float) -> None:
        """Note something that may take at most so many MiB of memory."""
        kept = mebibytes <= limit
        self.lines.append(Line(what, mebibytes / 1000, "", 0, mebibytes / limit, f"<= {limit:g} MiB", kept, unit="MiB"))

    def show(self) -> None:
        """Print the table, and fail where a limit is passed."""
        print(f"\n{self.title}\n{'what':<44}{'median':>11}  {'beside it':<34}{'median':>12}{'ratio':>9}  {'limit':<12}")
        for line in self.lines:
            beside = f"{line.beside_seconds * 1000:9.1f} ms" if line.beside else ""
            shown = f"{line.seconds * 1000:8.1f} {line.unit:<3}"
            print(
                f"{line.what:<44}{shown} {line.beside:<34}{beside:>12}{line.ratio:9.2f}"
                f"  {line.limit:<12}{'' if line.kept else 'OVER'}"
            )
        assert all(line.kept for line in self.lines), "a limit is passed"

"""Measuring: the median of a few runs, because the machine is shared."""

from collections.abc import Callable
from statistics import median
from time import perf_counter


def measure(fn: Callable[[], object], runs: int = 5) -> float:
    """Return the median duration of `fn` in seconds."""
    durations = []
    for _ in range(runs):
        start = perf_counter()
        fn()
        durations.append(perf_counter() - start)
    return median(durations)

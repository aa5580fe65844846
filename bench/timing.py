"""How everything here is timed: the median of many runs after a warm-up, on a fixed number of cores.

Machines are noisy: medians and ratios within one run mean something, single figures and other runs do not.
"""

import os
import statistics
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `limit` is what the project promises; empty when nothing is promised."""

    what: str
    median: float
    low: float
    high: float
    unit: str = "ms"
    limit: str = ""


def time_calls(what: str, call: Callable[[], object], *, rounds: int, limit: str = "") -> Row:
    """Time a call `rounds` times, after one that doesn't count."""
    call()
    milliseconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - started) * 1000)
    return summarise(what, milliseconds, limit=limit)


def summarise(what: str, values: list[float], *, unit: str = "ms", limit: str = "") -> Row:
    return Row(what, statistics.median(values), min(values), max(values), unit, limit)


@contextmanager
def pinned_to(cores: int) -> Generator[None]:
    """Run the body, and the processes that it starts, on the first `cores` cores. No effect off Linux."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def print_table(title: str, rows: Iterable[Row]) -> None:
    print(f"\n{title}\n{'':52} {'median':>9} {'min':>9} {'max':>9}       promised")
    for row in rows:
        figures = f"{row.median:9.1f} {row.low:9.1f} {row.high:9.1f} {row.unit:6}"
        print(f"{row.what:52} {figures} {row.limit}", flush=True)

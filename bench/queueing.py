"""How many workers a studio needs so that few wait long: simulated, and by Erlang's formula."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Promise:
    """So large a share of requests waits no longer than so many seconds."""

    share: float
    seconds: float


def simulate_waits(
    arrivals: NDArray[np.float64], services: NDArray[np.float64], *, lines: NDArray[np.int64], workers: int
) -> NDArray[np.float64]:
    """Seconds that each request waits in its line, first come, first served.

    Parameters
    ----------
    arrivals : when each arrives, in ascending order, seconds.
    services : what each takes of one worker, seconds.
    lines : in which line each waits, from 0; each has `workers` of its own.
    """
    free_at = [[0.0] * workers for _ in range(int(lines.max(initial=0)) + 1)]
    waits = np.empty_like(arrivals)
    for number, (arrival, service, line) in enumerate(
        zip(arrivals.tolist(), services.tolist(), lines.tolist(), strict=True)
    ):
        begins = max(arrival, free_at[line][0])
        heapq.heapreplace(free_at[line], begins + service)
        waits[number] = begins - arrival
    return waits


def draw_arrivals(
    rates: Sequence[float], *, seconds_each: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Moments of a Poisson process whose rate (per second) changes from one stretch to the next."""
    return np.concatenate(
        [
            np.sort(rng.uniform(0.0, seconds_each, rng.poisson(rate * seconds_each))) + stretch * seconds_each
            for stretch, rate in enumerate(rates)
        ]
    )


def compute_erlang_c(load: float, workers: int) -> float:
    """The probability of having to wait, for Poisson arrivals and exponential times of service.

    By the recursion of Erlang's B formula, which cannot overflow.

    References
    ----------
    A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges", Post Office Electrical Engineers' Journal 10, 1917. For the formulas as used here:
    R. B. Cooper, "Introduction to Queueing Theory", 2nd edition, North Holland, 1981, chapter 3.
    """
    if workers <= load:
        return 1.0
    blocked = 1.0
    for count in range(1, workers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1.0 - load / workers * (1.0 - blocked))


def count_workers_by_erlang(rate: float, service_seconds: float, promise: Promise) -> int:
    """The fewest workers on one line that keep a promise, by Erlang's C formula."""
    load = rate * service_seconds
    workers = math.floor(load) + 1
    while True:
        drain = (workers - load) / service_seconds
        if compute_erlang_c(load, workers) * math.exp(-drain * promise.seconds) <= 1.0 - promise.share:
            return workers
        workers += 1

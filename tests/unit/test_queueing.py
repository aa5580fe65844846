"""The simulation that docs/scaling.md relies on, against what is known of queues."""

import math

import numpy as np
import pytest

from bench.queueing import (
    Promise,
    compute_erlang_c,
    count_workers_by_erlang,
    draw_arrivals,
    simulate_waits,
)


def test_who_comes_while_all_are_busy_waits_for_the_first_to_be_free() -> None:
    arrivals, services = np.array([0.0, 0.0, 1.0, 1.5]), np.array([2.0, 3.0, 1.0, 1.0])
    waits = simulate_waits(arrivals, services, lines=np.zeros(4, np.int64), workers=2)
    assert waits.tolist() == [0.0, 0.0, 1.0, 1.5]


def test_lines_do_not_help_each_other() -> None:
    arrivals, services = np.array([0.0, 0.1, 0.2]), np.array([5.0, 5.0, 5.0])
    waits = simulate_waits(arrivals, services, lines=np.array([0, 0, 1]), workers=1)
    assert waits == pytest.approx([0.0, 4.9, 0.0])


# What the formula gives for one worker is the load itself; for two it is 2 a^2 / (2 - a) / (2 + 2 a + ...).
@pytest.mark.parametrize(("load", "workers", "probability"), [(0.3, 1, 0.3), (1.0, 2, 1 / 3), (3.0, 2, 1.0)])
def test_erlangs_formula_gives_what_is_worked_out_by_hand(
    load: float, workers: int, probability: float
) -> None:
    assert compute_erlang_c(load, workers) == pytest.approx(probability)


def test_the_simulation_agrees_with_the_formula_where_the_formula_holds() -> None:
    rng = np.random.default_rng(1)
    rate, seconds, workers = 4.0, 1.5, 8
    arrivals = draw_arrivals([rate], seconds_each=10_000.0, rng=rng)
    services = rng.exponential(seconds, len(arrivals))
    waits = simulate_waits(arrivals, services, lines=np.zeros(len(arrivals), np.int64), workers=workers)

    expected = compute_erlang_c(rate * seconds, workers)
    assert np.mean(waits > 0) == pytest.approx(expected, rel=0.1)
    late = expected * math.exp(-(workers - rate * seconds) / seconds * 1.0)
    assert np.mean(waits > 1.0) == pytest.approx(late, rel=0.15)


def test_no_fewer_workers_keep_the_promise() -> None:
    promise = Promise(share=0.99, seconds=1.0)
    workers = count_workers_by_erlang(10.0, 0.5, promise)

    def count_late(workers: int) -> float:
        return compute_erlang_c(5.0, workers) * math.exp(-(workers - 5.0) / 0.5 * promise.seconds)

    assert count_late(workers) <= 0.01 < count_late(workers - 1)

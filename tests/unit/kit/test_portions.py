"""Processes that count by portions: how far they keep a limit together, and how seldom they ask."""

import asyncio
import math
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import RateLimitItem, RateLimitItemPerMinute

from toonbooth.kit.portions import PORTIONS, Claim, Grant, PortionedCounts
from toonbooth.kit.rate_limits import RateLimiter, TooManyRequestsError, read_limits

SOMEBODY = ("requests", "device", "somebody")


class AwayError(Exception):
    pass


@dataclass
class Store:
    """What several processes ask, and a clock that they all read; the gallery's is a table."""

    now: float = 1000.0
    is_away: bool = False
    windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    async def take(self, claim: Claim) -> Grant:
        self.asked[claim.name] += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise AwayError
        ends_at, taken = self.windows.get(claim.name, (0.0, 0))
        if ends_at <= claim.now:
            ends_at, taken = claim.ends_at, 0
        amount = min(claim.wanted, max(0, claim.most - taken - claim.used))
        self.windows[claim.name] = (ends_at, taken + claim.used + amount)
        return Grant(amount, ends_at)

    def make_process(self) -> PortionedCounts:
        return PortionedCounts(
            self.take, absences=(AwayError,), conceal=lambda key: f"<{key}>", read_seconds=lambda: self.now
        )


async def count_let_through(process: PortionedCounts, limit: RateLimitItem, times: int) -> int:
    refusals = await asyncio.gather(*(process.find_refusal(limit, SOMEBODY) for _ in range(times)))
    return refusals.count(None)


@settings(max_examples=40)
@given(
    amount=st.integers(1, 300), processes=st.integers(1, 6), requests=st.integers(0, 600), seed=st.integers(0)
)
async def test_together_they_let_through_what_the_limit_says_give_or_take_a_portion_each(
    amount: int, processes: int, requests: int, seed: int
) -> None:
    store, limit, rng = Store(), RateLimitItemPerMinute(amount), random.Random(seed)
    running = [store.make_process() for _ in range(processes)]

    let_through = 0
    for _ in range(requests):
        let_through += await rng.choice(running).find_refusal(limit, SOMEBODY) is None

    portion = amount // PORTIONS
    stranded = (processes - 1) * max(0, portion - 1)
    assert min(requests, amount - stranded) <= let_through <= amount + (processes - 1) * portion
    # One for each portion, and one to hear that there is no more.
    assert store.asked.total() <= math.ceil(amount / max(1, portion)) + processes


async def test_whoever_asks_as_seldom_as_people_do_costs_no_write() -> None:
    store, limit = Store(), RateLimitItemPerMinute(120)
    process = store.make_process()

    assert await count_let_through(process, limit, 6) == 6
    assert store.asked.total() == 0
    assert await count_let_through(process, limit, 1) == 1
    assert store.asked.total() == 1


async def test_requests_that_come_at_once_ask_one_after_the_other() -> None:
    store, limit = Store(), RateLimitItemPerMinute(100)
    one, other = store.make_process(), store.make_process()

    counts = await asyncio.gather(*(count_let_through(process, limit, 90) for process in (one, other)))

    assert sum(counts) == 100
    assert store.asked.total() <= PORTIONS + 2


async def test_who_was_refused_hears_when_the_window_ends_which_all_share_and_is_served_then() -> None:
    store, limit = Store(), RateLimitItemPerMinute(2)
    one, other = store.make_process(), store.make_process()

    assert await count_let_through(one, limit, 2) == 2
    store.now += 45
    assert await other.find_refusal(limit, SOMEBODY) == 1060.0
    assert await other.find_refusal(limit, ("requests", "device", "somebody else")) is None
    asked = store.asked.total()
    assert await other.find_refusal(limit, SOMEBODY) == 1060.0
    assert store.asked.total() == asked  # it knows already
    store.now += 15
    assert await other.find_refusal(limit, SOMEBODY) is None


async def test_a_window_that_has_ended_is_forgotten() -> None:
    store, limit = Store(), RateLimitItemPerMinute(40)
    process = store.make_process()
    for number in range(1000):
        await process.find_refusal(limit, ("address", str(number)))
    store.now += 61
    await process.find_refusal(limit, SOMEBODY)

    assert len(process._windows) == 1  # what it holds shows in nothing else


async def test_a_store_that_is_away_is_not_waited_for_by_one_request_after_the_other() -> None:
    store, limit = Store(is_away=True), RateLimitItemPerMinute(5)
    process = store.make_process()

    attempts = (process.find_refusal(limit, SOMEBODY) for _ in range(30))
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    assert {type(answer) for answer in answers} == {AwayError}
    assert store.asked.total() == 1

    store.is_away = False
    assert await count_let_through(process, limit, 9) == 5


async def test_a_store_that_is_away_refuses_nobody_and_lets_nobody_through_without_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, limits = Store(is_away=True), read_limits("40/minute")
    limiter = RateLimiter(store.make_process(), clock=lambda: store.now)
    refused = 0
    for _ in range(100):
        try:
            await limiter.count(limits, *SOMEBODY)
        except TooManyRequestsError:
            refused += 1

    assert refused == 100 - 40 - 40 // PORTIONS  # those before it was asked, and this process' own count
    assert caplog.text.count("does not answer (AwayError)") == 1

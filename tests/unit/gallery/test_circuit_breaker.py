import asyncio

import pytest

from toonbooth.gallery.circuit_breaker import CircuitBreaker, CircuitOpenError


class OutageError(Exception):
    pass


class OtherError(Exception):
    pass


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(failure=OutageError, failures_to_open=3, open_seconds=10, clock=clock)


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(OutageError), breaker.watch():
            raise OutageError


def succeed(breaker: CircuitBreaker) -> None:
    with breaker.watch():
        pass


def test_it_opens_after_failures_in_a_row_and_says_for_how_long(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker, times=3)
    clock.now += 2.5

    with pytest.raises(CircuitOpenError) as caught, breaker.watch():
        pytest.fail("a call was let through")
    assert caught.value.retry_after_seconds == 8


def test_a_success_between_failures_keeps_it_closed(breaker: CircuitBreaker) -> None:
    fail(breaker, times=2)
    succeed(breaker)
    fail(breaker, times=2)

    succeed(breaker)


def test_what_is_neither_success_nor_failure_says_nothing(breaker: CircuitBreaker) -> None:
    fail(breaker, times=2)
    with pytest.raises(OtherError), breaker.watch():
        raise OtherError
    fail(breaker)

    with pytest.raises(CircuitOpenError), breaker.watch():
        pytest.fail("a call was let through")


def test_one_call_tries_and_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, times=3)
    clock.now += 10

    with breaker.watch(), pytest.raises(CircuitOpenError), breaker.watch():
        pytest.fail("a second call was let through while the first one tries")
    fail(breaker, times=2)
    succeed(breaker)


def test_a_failed_try_opens_it_for_as_long_again(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, times=3)
    clock.now += 10
    fail(breaker)
    clock.now += 9.9

    with pytest.raises(CircuitOpenError), breaker.watch():
        pytest.fail("a call was let through")
    clock.now += 0.1
    succeed(breaker)


def test_it_can_be_opened_for_what_others_met_and_closes_as_ever(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker)
    breaker.open()
    with pytest.raises(CircuitOpenError), breaker.watch():
        pytest.fail("a call was let through")
    clock.now += 10
    succeed(breaker)
    fail(breaker, times=2)
    succeed(breaker)


async def test_a_cancelled_try_lets_the_next_one_try(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, times=3)
    clock.now += 10
    with pytest.raises(asyncio.CancelledError), breaker.watch():
        raise asyncio.CancelledError

    succeed(breaker)

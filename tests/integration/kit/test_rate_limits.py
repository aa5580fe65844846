"""Counting together in a real Redis, which goes away and comes back."""

import logging
import socket
from collections.abc import Generator

import pytest

from tests.acceptance.running import find_free_port
from tests.redis_server import RedisServer, running_redis
from toonbooth.kit.errors import StartError
from toonbooth.kit.rate_limits import RateLimiter, TooManyRequestsError, open_rate_limiter, read_limits

THREE = read_limits("3/hour")


@pytest.fixture
def redis() -> Generator[RedisServer]:
    with running_redis() as server:
        yield server


class Clock:
    """Seconds that a test counts."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def is_refused(limiter: RateLimiter, subject: str = "somebody") -> bool:
    try:
        await limiter.count(THREE, subject)
    except TooManyRequestsError:
        return True
    return False


async def test_processes_on_one_redis_count_together(redis: RedisServer) -> None:
    async with open_rate_limiter(redis.url) as one, open_rate_limiter(redis.url) as other:
        answers = [await is_refused(limiter) for limiter in (one, other, one, other, one)]
        is_somebody_else_refused = await is_refused(other, "somebody else")
        with pytest.raises(TooManyRequestsError) as refusal:
            await other.count(THREE, "somebody")

    assert answers == [False, False, False, True, True]
    assert not is_somebody_else_refused
    assert 3500 < (refusal.value.retry_after_seconds or 0) <= 3600


async def test_a_redis_that_goes_away_refuses_nobody_and_lets_nobody_through_without_end(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    async with (
        open_rate_limiter(redis.url, clock=clock) as one,
        open_rate_limiter(redis.url, clock=clock) as other,
    ):
        assert [await is_refused(one) for _ in range(4)] == [False, False, False, True]
        redis.stop()
        # Each process counts by itself, from zero.
        assert [await is_refused(one) for _ in range(5)] == [False, False, False, True, True]
        assert [await is_refused(other) for _ in range(4)] == [False, False, False, True]
        clock.now += 3  # It is asked again, and is still away.
        assert await is_refused(one)

        redis.start()
        assert await is_refused(one)  # It isn't asked all the time.
        clock.now += 3
        answers = [await is_refused(limiter) for limiter in (one, other, one, other)]

    assert answers == [False, False, False, True]  # together again, and Redis has forgotten what was before
    said = [(record.levelno, record.message) for record in caplog.records if "rate limits" in record.message]
    assert [level for level, _ in said] == [logging.ERROR, logging.ERROR, logging.WARNING, logging.WARNING]
    assert "somebody" not in caplog.text
    assert str(redis.port) not in caplog.text


async def test_a_redis_that_is_silent_is_not_waited_for_twice(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        async with open_rate_limiter(url, clock=Clock()) as limiter:
            answers = [await is_refused(limiter) for _ in range(4)]

    assert answers == [False, False, False, True]
    assert caplog.text.count("does not answer (TimeoutError)") == 1


async def test_a_redis_that_is_away_at_start_may_come_later() -> None:
    async with open_rate_limiter(f"redis://127.0.0.1:{find_free_port()}/0") as limiter:
        assert [await is_refused(limiter) for _ in range(4)] == [False, False, False, True]


async def test_a_wrong_password_is_one_clear_line_at_start() -> None:
    with running_redis("--requirepass", "right") as server:
        for url, words in (
            (server.url.replace("redis://", "redis://:wrong-one@"), "invalid username-password pair"),
            (server.url, "Authentication required"),
        ):
            with pytest.raises(
                StartError, match=rf"^The rate limits' Redis refuses: .*{words}.*\.$"
            ) as refusal:
                async with open_rate_limiter(url):
                    pass
            assert "wrong-one" not in str(refusal.value)
        async with open_rate_limiter(server.url.replace("redis://", "redis://:right@")) as limiter:
            assert not await is_refused(limiter)


@pytest.mark.parametrize(
    "url", ["memcached://127.0.0.1", "redis+cluster://127.0.0.1", "redis://127.0.0.1:port", "127.0.0.1", ""]
)
async def test_an_address_that_is_none_is_one_clear_line_at_start(url: str) -> None:
    with pytest.raises(
        StartError, match=r"^[^\n]*rate limits[^\n]*\.$|^Rate limits are counted in [^\n]*\.$"
    ):
        async with open_rate_limiter(url):
            pass

"""Rate limits that galleries on one database keep together, without Redis."""

import asyncio
import re
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta

from tests.databases import Databases
from tests.integration.gallery import counting_process
from tests.integration.gallery.records import NOON
from toonbooth.gallery.database.repositories import HousekeepingRepository, PortionRepository
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.rate_limiting import share_limits
from toonbooth.gallery.signing import UrlSigner
from toonbooth.kit.portions import Claim, Grant
from toonbooth.kit.rate_limits import RateLimiter, TooManyRequestsError, read_limits


async def take(database: Database, *, used: int = 0, wanted: int = 10, now: float = 0.0) -> Grant:
    async with database.transaction() as session:
        return await PortionRepository(session).take(
            Claim(name="somebody", now=now, ends_at=now + 60, used=used, wanted=wanted, most=25)
        )


async def test_portions_are_given_until_the_window_is_used_up_and_then_from_the_next(
    database: Database,
) -> None:
    given = [
        await take(database, used=3),
        await take(database, now=10),
        await take(database, now=20),
        await take(database, now=30),
    ]
    assert given == [Grant(10, 60), Grant(10, 60), Grant(2, 60), Grant(0, 60)]
    assert await take(database, used=30, now=60) == Grant(0, 120)


async def test_counts_go_when_their_windows_have_ended(
    database: Database, database_url: str, databases: Databases
) -> None:
    await take(database, now=NOON.timestamp())
    for later, left in ((100, ["1"]), (121, ["0"])):
        async with database.transaction() as session:
            await HousekeepingRepository(session).forget_rate_windows(now=NOON + timedelta(seconds=later))
        assert databases.ask(database_url, "SELECT count(*) FROM rate_windows") == left


async def test_a_row_tells_whose_it_is_to_nobody_without_the_key(
    database: Database, database_url: str, databases: Databases
) -> None:
    for key in (b"one", b"other"):
        limiter = share_limits(database, UrlSigner([key]))
        await limiter.count(read_limits("1/minute"), "requests", "address", "203.0.113.7")

    names = databases.ask(database_url, "SELECT name FROM rate_windows")
    assert len(set(names)) == 2
    assert all(re.fullmatch("[0-9a-f]{24}", name) for name in names)


async def test_two_processes_keep_a_limit_together(database: Database, database_url: str) -> None:
    limit, most, portion = "200/hour", 200, 10

    passed = await asyncio.to_thread(count_in_processes, database_url, limit, requests=180)

    assert most <= sum(passed) <= most + portion
    # Whoever comes later, at another gallery, meets what those two have left.
    latecomer = share_limits(database, UrlSigner([b"for tests"]))
    assert await count_passed(latecomer, limit) == portion


def count_in_processes(database_url: str, limit: str, *, requests: int) -> list[int]:
    """How many requests of the same somebody pass in each of two processes, at the same time."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", counting_process.__name__, database_url, limit, str(requests)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [int(process.communicate(timeout=60)[0]) for process in processes]


async def count_passed(limiter: RateLimiter, limit: str) -> int:
    passed = 0
    for _ in range(50):
        try:
            await limiter.count(read_limits(limit), "requests", "device", "somebody")
            passed += 1
        except TooManyRequestsError:
            pass
    return passed

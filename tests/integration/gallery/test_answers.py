"""Answers to retries: one attempt at a time, the first answer for all, and no lock outlives a crash."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import pytest

from tests.integration.gallery.records import NOON
from toonbooth.gallery.database.repositories import AnswerRepository, ClaimedKey, SavedAnswer
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import IdempotencyKeyReusedError

LEASE: Final = timedelta(seconds=30)
FINGERPRINT: Final = "f" * 64
DAY: Final = timedelta(hours=24)


async def claim(
    database: Database,
    device: DeviceId,
    *,
    now: datetime = NOON,
    key: str = "retry-1",
    route: str = "upload",
    fingerprint: str = FINGERPRINT,
) -> ClaimedKey | SavedAnswer | None:
    async with database.transaction() as session:
        return await AnswerRepository(session, device).claim(
            route=route, key=key, fingerprint=fingerprint, now=now, lease=LEASE
        )


async def claim_surely(database: Database, device: DeviceId, *, now: datetime = NOON) -> ClaimedKey:
    claimed = await claim(database, device, now=now)
    assert isinstance(claimed, ClaimedKey)
    return claimed


async def save(database: Database, device: DeviceId, claimed: ClaimedKey, *, body: str = "{}") -> bool:
    async with database.transaction() as session:
        return await AnswerRepository(session, device).save(claimed, status=200, body=body)


async def test_the_first_attempt_answers_and_the_next_gets_the_same(
    database: Database, device: DeviceId
) -> None:
    claimed = await claim_surely(database, device)
    assert await claim(database, device) is None  # still running
    assert await save(database, device, claimed, body='{"größe": "ü"}')

    assert await claim(database, device) == SavedAnswer(status=200, body='{"größe": "ü"}')
    assert await claim(database, device, now=NOON + DAY - LEASE) == SavedAnswer(200, '{"größe": "ü"}')


async def test_of_many_attempts_at_once_one_runs(database: Database, device: DeviceId) -> None:
    outcomes = await asyncio.gather(*(claim(database, device) for _ in range(20)))

    assert sum(isinstance(outcome, ClaimedKey) for outcome in outcomes) == 1
    assert outcomes.count(None) == 19


@pytest.mark.parametrize("answered", [True, False])
async def test_the_same_key_with_other_content_is_refused(
    database: Database, device: DeviceId, *, answered: bool
) -> None:
    claimed = await claim_surely(database, device)
    if answered:
        await save(database, device, claimed)

    with pytest.raises(IdempotencyKeyReusedError):
        await claim(database, device, fingerprint="0" * 64)


async def test_keys_belong_to_a_device_and_a_route(
    database: Database, device: DeviceId, stranger: DeviceId
) -> None:
    claimed = await claim_surely(database, device)
    await save(database, device, claimed, body="secret")

    assert isinstance(await claim(database, stranger, fingerprint="0" * 64), ClaimedKey)
    assert isinstance(await claim(database, device, route="download", fingerprint="0" * 64), ClaimedKey)
    assert isinstance(await claim(database, device, key="RETRY-1", fingerprint="0" * 64), ClaimedKey)
    async with database.transaction() as session:
        assert not await AnswerRepository(session, stranger).save(claimed, status=200, body="forged")
    assert await claim(database, device) == SavedAnswer(200, "secret")


async def test_a_released_key_is_free_at_once(database: Database, device: DeviceId) -> None:
    claimed = await claim_surely(database, device)
    async with database.transaction() as session:
        await AnswerRepository(session, device).release(claimed)

    again = await claim_surely(database, device)
    assert again.claim != claimed.claim


async def test_an_attempt_that_died_is_followed_by_another(database: Database, device: DeviceId) -> None:
    dead = await claim_surely(database, device)
    assert await claim(database, device, now=NOON + LEASE - timedelta(milliseconds=1)) is None

    heir = await claim_surely(database, device, now=NOON + LEASE)

    assert heir.claim != dead.claim
    assert await claim(database, device, now=NOON + LEASE) is None
    # Should it have been slow rather than dead: only the heir's answer counts.
    assert not await save(database, device, dead, body="late")
    async with database.transaction() as session:
        answers = AnswerRepository(session, device)
        assert not await answers.renew(dead, now=NOON + LEASE, lease=LEASE)
        await answers.release(dead)
    assert await save(database, device, heir, body="mine")
    assert await claim(database, device) == SavedAnswer(200, "mine")


async def test_a_renewed_lease_lasts_longer(database: Database, device: DeviceId) -> None:
    claimed = await claim_surely(database, device)
    async with database.transaction() as session:
        assert await AnswerRepository(session, device).renew(claimed, now=NOON + LEASE / 2, lease=LEASE)

    assert await claim(database, device, now=NOON + LEASE) is None
    assert isinstance(await claim(database, device, now=NOON + LEASE / 2 + LEASE), ClaimedKey)


async def test_an_answer_is_given_once_and_stays(database: Database, device: DeviceId) -> None:
    claimed = await claim_surely(database, device)
    assert await save(database, device, claimed, body="first")

    assert not await save(database, device, claimed, body="second")
    async with database.transaction() as session:
        await AnswerRepository(session, device).release(claimed)
    assert await claim(database, device) == SavedAnswer(200, "first")


async def test_after_a_day_a_key_is_new(database: Database, device: DeviceId) -> None:
    claimed = await claim_surely(database, device)
    await save(database, device, claimed)

    assert isinstance(await claim(database, device, now=NOON + DAY, fingerprint="0" * 64), ClaimedKey)

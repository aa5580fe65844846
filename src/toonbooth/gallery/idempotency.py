"""Lets phones on bad networks send a request twice: the second gets the answer of the first.

The answer is saved in the transaction that adds the rows, so that after any crash there are both or neither.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.database.repositories import AnswerRepository, ClaimedKey, SavedAnswer
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import RequestInProgressError
from toonbooth.gallery.leases import LEASE, RENEW_SECONDS
from toonbooth.gallery.schemas import Success
from toonbooth.gallery.services import Services
from toonbooth.kit.errors import AppError
from toonbooth.kit.replies import render_error

log = logging.getLogger(__name__)

_LONGEST_WAIT_SECONDS: Final = 60.0
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 1.0
_RETRY_AFTER_SECONDS: Final = 5
_NOT_FINAL: Final = frozenset({408, 409, 425, 429})
"""Refusals that the same request may not meet again."""

SaveHook = Callable[[AsyncSession, str], Awaitable[None]]
"""What else belongs into the transaction that saves an answer, given its body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets; `is_replay` when it got that before."""

    status: int
    body: str
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What tells a repeated request: the client's key, and a digest of all that was asked."""

    route: str
    key: str
    fingerprint: str


class Attempt:
    """One try at a request. Its `save` belongs into the transaction that does what the request asks."""

    def __init__(
        self, device: DeviceId, claimed: ClaimedKey | None, also_save: SaveHook | None = None
    ) -> None:
        self._device = device
        self._claimed = claimed
        self._also_save = also_save
        self.body: str | None = None

    async def save(self, session: AsyncSession, data: BaseModel) -> None:
        """Make this the answer.

        Raises
        ------
        RequestInProgressError
            When our lease ran out and another attempt has taken over: ours must not count.
        """
        self.body = body = Success(data=data).model_dump_json()
        if self._also_save is not None:
            await self._also_save(session, body)
        if self._claimed is None:
            return
        if not await AnswerRepository(session, self._device).save(self._claimed, status=200, body=body):
            raise RequestInProgressError(retry_after_seconds=_RETRY_AFTER_SECONDS)


def is_final(status: int) -> bool:
    """Whether the same request would be answered so again."""
    return status < 500 and status not in _NOT_FINAL


def compute_fingerprint(*parts: object) -> str:
    """A digest of what was asked."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


async def answer_once(
    services: Services,
    device: DeviceId,
    request_key: RequestKey | None,
    work: Callable[[Attempt], Awaitable[None]],
    *,
    also_save: SaveHook | None = None,
    longest_wait_seconds: float = _LONGEST_WAIT_SECONDS,
) -> Answer:
    """Do the work, unless it was done before; without a key, just do it.

    Raises
    ------
    RequestInProgressError
        When the first attempt still runs after a minute.
    IdempotencyKeyReusedError
        When the key was used for something else.
    AppError
        What the work raises.
    """
    if request_key is None:
        return await _work(Attempt(device, None, also_save), work)
    claimed = await _claim(services, device, request_key, longest_wait_seconds=longest_wait_seconds)
    if isinstance(claimed, SavedAnswer):
        return Answer(status=claimed.status, body=claimed.body, is_replay=True)
    try:
        async with _lease_renewed(services, device, claimed):
            return await _work(Attempt(device, claimed, also_save), work)
    except BaseException as error:
        await _conclude(services, device, claimed, error)
        raise


async def _work(attempt: Attempt, work: Callable[[Attempt], Awaitable[None]]) -> Answer:
    await work(attempt)
    assert attempt.body is not None, "the work has saved no answer"
    return Answer(status=200, body=attempt.body)


async def _claim(
    services: Services, device: DeviceId, request_key: RequestKey, *, longest_wait_seconds: float
) -> ClaimedKey | SavedAnswer:
    pause_seconds = _FIRST_PAUSE_SECONDS
    deadline = asyncio.get_running_loop().time() + longest_wait_seconds
    while True:
        async with services.database.transaction() as session:
            claimed = await AnswerRepository(session, device).claim(
                route=request_key.route,
                key=request_key.key,
                fingerprint=request_key.fingerprint,
                now=services.read_clock(),
                lease=LEASE,
            )
        if claimed is not None:
            return claimed
        if asyncio.get_running_loop().time() >= deadline:
            raise RequestInProgressError(retry_after_seconds=_RETRY_AFTER_SECONDS)
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)


@asynccontextmanager
async def _lease_renewed(services: Services, device: DeviceId, claimed: ClaimedKey) -> AsyncIterator[None]:
    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                async with services.database.transaction() as session:
                    await AnswerRepository(session, device).renew(
                        claimed, now=services.read_clock(), lease=LEASE
                    )
            except AppError:
                log.exception("a lease could not be renewed")

    renewal = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewal.cancel()
        await asyncio.wait({renewal})


async def _conclude(services: Services, device: DeviceId, claimed: ClaimedKey, error: BaseException) -> None:
    """Keep a final refusal as the answer; after anything else the next attempt may really try again."""
    try:
        async with services.database.transaction() as session:
            answers = AnswerRepository(session, device)
            if isinstance(error, AppError) and is_final(error.status):
                body = bytes(render_error(error).body).decode()
                await answers.save(claimed, status=error.status, body=body)
            else:
                await answers.release(claimed)
    except AppError:
        # The lease runs out by itself; what the client hears is the failure of the work.
        log.exception("an idempotency key could not be given back")

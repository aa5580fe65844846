"""The answers to requests that carry an `Idempotency-Key`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bson import ObjectId
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.exc import IntegrityError

from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import IdempotentAnswer
from toonbooth.gallery.errors import IdempotencyKeyReusedError

_ANSWERS_KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ClaimedKey:
    """The right of one attempt to answer for an `Idempotency-Key`."""

    route: str
    key: str
    claim: ObjectId


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """What was answered the first time."""

    status: int
    body: str


def is_expired(now: datetime) -> ColumnElement[bool]:
    """An answer that is not given any more, and on which nobody works."""
    return and_(IdempotentAnswer.created_at <= now - _ANSWERS_KEPT, IdempotentAnswer.leased_until <= now)


class AnswerRepository(DeviceScope):
    """The answers to one device's requests that carry an `Idempotency-Key`.

    An attempt claims the key, renews its lease while it runs, and at its end saves the answer or releases the
    key. One that dies leaves a lease that runs out, and the next attempt takes over.
    """

    async def claim(
        self, *, route: str, key: str, fingerprint: str, now: datetime, lease: timedelta
    ) -> ClaimedKey | SavedAnswer | None:
        """Ask for the right to answer; None while another attempt has it.

        Raises
        ------
        IdempotencyKeyReusedError
            When the key belongs to a request with other content.
        """
        await self._session.execute(
            delete(IdempotentAnswer).where(IdempotentAnswer.device == self._device, is_expired(now))
        )
        known = await self._session.scalar(
            select(IdempotentAnswer).where(self._is(route, key)).with_for_update()
        )
        if known is None:
            return await self._claim_unused(
                route=route, key=key, fingerprint=fingerprint, now=now, lease=lease
            )
        answer = _read_answer(known, fingerprint)
        if answer is not None:
            return answer
        if known.leased_until > now:
            return None
        known.claim = ObjectId()
        known.leased_until = now + lease
        await self._session.flush()
        return ClaimedKey(route=route, key=key, claim=known.claim)

    async def find(self, *, route: str, key: str, fingerprint: str) -> SavedAnswer | None:
        """The answer that was given to a key.

        Raises
        ------
        IdempotencyKeyReusedError
            When the key belongs to a request with other content.
        """
        known = await self._session.scalar(select(IdempotentAnswer).where(self._is(route, key)))
        return None if known is None else _read_answer(known, fingerprint)

    async def renew(self, claimed: ClaimedKey, *, now: datetime, lease: timedelta) -> bool:
        """Keep the claim for another while; False when another attempt has taken over meanwhile."""
        statement = update(IdempotentAnswer).where(self._is_held(claimed)).values(leased_until=now + lease)
        return await self._count_changed(statement) == 1

    async def save(self, claimed: ClaimedKey, *, status: int, body: str) -> bool:
        """Keep the answer for whoever asks again; False when another attempt has taken over meanwhile."""
        statement = update(IdempotentAnswer).where(self._is_held(claimed)).values(status=status, body=body)
        return await self._count_changed(statement) == 1

    async def release(self, claimed: ClaimedKey) -> bool:
        """Give the key back without an answer, so that the next attempt really tries again; False when it was
        taken away before.
        """
        return await self._count_changed(delete(IdempotentAnswer).where(self._is_held(claimed))) == 1

    async def _claim_unused(
        self, *, route: str, key: str, fingerprint: str, now: datetime, lease: timedelta
    ) -> ClaimedKey | None:
        claimed = ClaimedKey(route=route, key=key, claim=ObjectId())
        try:
            async with self._session.begin_nested():
                self._session.add(
                    IdempotentAnswer(
                        device=self._device,
                        route=route,
                        key=key,
                        fingerprint=fingerprint,
                        claim=claimed.claim,
                        leased_until=now + lease,
                        created_at=now,
                    )
                )
        except IntegrityError:
            return None  # Another gallery on the same database was a moment faster.
        return claimed

    def _is(self, route: str, key: str) -> ColumnElement[bool]:
        return and_(
            IdempotentAnswer.device == self._device,
            IdempotentAnswer.route == route,
            IdempotentAnswer.key == key,
        )

    def _is_held(self, claimed: ClaimedKey) -> ColumnElement[bool]:
        return and_(
            self._is(claimed.route, claimed.key),
            IdempotentAnswer.claim == claimed.claim,
            IdempotentAnswer.status.is_(None),
        )


def _read_answer(known: IdempotentAnswer, fingerprint: str) -> SavedAnswer | None:
    if known.fingerprint != fingerprint:
        raise IdempotencyKeyReusedError
    if known.status is None or known.body is None:
        return None
    return SavedAnswer(status=known.status, body=known.body)

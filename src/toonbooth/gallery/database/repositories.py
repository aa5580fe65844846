"""All queries. Each repository is made for one device, so there is no way to ask for another's rows.

Writing methods belong into `Database.transaction`, reading ones may run in `Database.reading`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from bson import ObjectId
from sqlalchemy import ColumnElement, CursorResult, Executable, and_, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from toonbooth.gallery.database.columns import Faces
from toonbooth.gallery.database.tables import (
    Device,
    DownloadedFace,
    IdempotentAnswer,
    Original,
    RegeneratedCartoon,
)
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import CartoonNotFoundError, IdempotencyKeyReusedError, OriginalNotFoundError

_SEEN_PRECISION: Final = timedelta(hours=1)
"""How exact `last_seen_at` is; noting every request would cost a write each."""

_ANSWERS_KEPT: Final = timedelta(hours=24)
_FARTHEST: Final = 2**62
"""Rows that a list can skip: what a database's integers hold, and no list has."""

_TABLES_BY_FOLDER: Final[dict[str, type[Original | RegeneratedCartoon | DownloadedFace]]] = {
    "originals": Original,
    "temp": RegeneratedCartoon,
    "downloaded": DownloadedFace,
}


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: pages count from 1."""

    number: int
    size: int

    def __post_init__(self) -> None:
        if self.number < 1 or self.size < 1:
            raise ValueError("pages and their sizes count from 1")

    @property
    def offset(self) -> int:
        return min((self.number - 1) * self.size, _FARTHEST)


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


class _DeviceScope:
    """A session in which one device's rows are reached."""

    def __init__(self, session: AsyncSession, device: DeviceId) -> None:
        self._session = session
        self._device = device.digest

    async def _count_changed(self, statement: Executable) -> int:
        return cast("CursorResult[object]", await self._session.execute(statement)).rowcount


class DeviceRepository(_DeviceScope):
    """The device itself. It gets its row with its first upload."""

    async def register(self, *, now: datetime) -> None:
        """Make the row when there is none; note that the device was here. Does no harm when repeated."""
        if await self._session.get(Device, self._device) is not None:
            await self.touch(now=now)
            return
        try:
            async with self._session.begin_nested():
                self._session.add(Device(id=self._device, first_seen_at=now, last_seen_at=now))
        except IntegrityError:
            # Another gallery on the same database was a moment faster; that is as good.
            await self.touch(now=now)

    async def touch(self, *, now: datetime) -> None:
        """Note that the device was here, to the hour; an unknown device stays unknown."""
        await self._session.execute(
            update(Device)
            .where(Device.id == self._device, Device.last_seen_at <= now - _SEEN_PRECISION)
            .values(last_seen_at=now)
        )


class OriginalRepository(_DeviceScope):
    """The photos of one device."""

    async def add(
        self, *, original_id: ObjectId, key: str, media_type: str, file_size: int, now: datetime
    ) -> Original:
        """Add a photo whose file is in its place; the device must be registered."""
        original = Original(
            id=original_id,
            device=self._device,
            key=key,
            media_type=media_type,
            file_size=file_size,
            downloads=0,
            created_at=now,
        )
        self._session.add(original)
        await self._session.flush()
        return original

    async def get(self, original_id: ObjectId) -> Original:
        """Read one photo.

        Raises
        ------
        OriginalNotFoundError
            When it isn't there or is another device's.
        """
        query = select(Original).where(Original.id == original_id, Original.device == self._device)
        original = await self._session.scalar(query)
        if original is None:
            raise OriginalNotFoundError
        return original

    async def list_newest_first(self, page: Page | None = None) -> list[Original]:
        """All photos, or one page of them; equal times by id."""
        query = (
            select(Original)
            .where(Original.device == self._device)
            .order_by(Original.created_at.desc(), Original.id.desc())
        )
        if page is not None:
            query = query.limit(page.size).offset(page.offset)
        return list(await self._session.scalars(query))

    async def count(self) -> int:
        """How many there are in all."""
        query = select(func.count()).select_from(Original).where(Original.device == self._device)
        return (await self._session.execute(query)).scalar_one()


class CartoonRepository(_DeviceScope):
    """The cartoons that wait for one of them to be downloaded."""

    async def add(
        self,
        original: Original,
        *,
        cartoon_id: ObjectId,
        key: str,
        style: str | None,
        seed: int | None,
        faces: Faces | None,
        now: datetime,
    ) -> RegeneratedCartoon:
        """Add a drawing of `original` as it was read before the drawing began; its file is in its place.

        Raises
        ------
        OriginalNotFoundError
            When a download has overtaken the drawing, or the original is gone. The file is then the
            caller's to delete.
        """
        # Locked (where the database locks rows), so that no download begins between this look and the commit.
        query = (
            select(Original.downloads)
            .where(Original.id == original.id, Original.device == self._device)
            .with_for_update()
        )
        if await self._session.scalar(query) != original.downloads:
            raise OriginalNotFoundError
        cartoon = RegeneratedCartoon(
            id=cartoon_id,
            original_id=original.id,
            device=self._device,
            key=key,
            style=style,
            seed=seed,
            faces=faces,
            created_at=now,
        )
        self._session.add(cartoon)
        await self._session.flush()
        return cartoon

    async def get(self, cartoon_id: ObjectId) -> RegeneratedCartoon:
        """Read one cartoon.

        Raises
        ------
        CartoonNotFoundError
            When it isn't there or is another device's.
        """
        query = select(RegeneratedCartoon).where(
            RegeneratedCartoon.id == cartoon_id, RegeneratedCartoon.device == self._device
        )
        cartoon = await self._session.scalar(query)
        if cartoon is None:
            raise CartoonNotFoundError
        return cartoon

    async def list_of(self, original_id: ObjectId) -> list[RegeneratedCartoon]:
        """All cartoons of one original, newest first; equal times by id."""
        query = (
            select(RegeneratedCartoon)
            .where(*self._belongs_to(original_id))
            .order_by(RegeneratedCartoon.created_at.desc(), RegeneratedCartoon.id.desc())
        )
        return list(await self._session.scalars(query))

    async def find_last_of(self, original_id: ObjectId) -> RegeneratedCartoon | None:
        """The newest cartoon of one original."""
        query = (
            select(RegeneratedCartoon)
            .where(*self._belongs_to(original_id))
            .order_by(RegeneratedCartoon.created_at.desc(), RegeneratedCartoon.id.desc())
            .limit(1)
        )
        return await self._session.scalar(query)

    async def claim_for_download(self, cartoon_id: ObjectId) -> list[str]:
        """Delete the rows of the chosen cartoon and of its siblings; returns the keys of their files.

        Of two downloads at once, one gets through. Drawings of the same original that are under way come
        too late from here on.

        Raises
        ------
        CartoonNotFoundError
            When the cartoon is gone, or is another device's.
        """
        chosen = await self.get(cartoon_id)
        # The original's row first: a second download waits here, before it holds a cartoon that we need.
        await self._session.execute(
            update(Original)
            .where(Original.id == chosen.original_id, Original.device == self._device)
            .values(downloads=Original.downloads + 1)
        )
        deleted = await self._session.execute(
            delete(RegeneratedCartoon)
            .where(*self._belongs_to(chosen.original_id))
            .returning(RegeneratedCartoon.id, RegeneratedCartoon.key)
            .execution_options(synchronize_session=False)
        )
        keys = {row.id: row.key for row in deleted}
        if cartoon_id not in keys:
            raise CartoonNotFoundError
        return list(keys.values())

    def _belongs_to(self, original_id: ObjectId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (RegeneratedCartoon.original_id == original_id, RegeneratedCartoon.device == self._device)


class FaceRepository(_DeviceScope):
    """The downloaded faces of one device."""

    async def add(
        self,
        *,
        face_id: ObjectId,
        original_id: ObjectId,
        key: str,
        media_type: str,
        file_size: int,
        now: datetime,
    ) -> DownloadedFace:
        """Add a face whose file is in its place, in the transaction that claimed its cartoon."""
        face = DownloadedFace(
            id=face_id,
            original_id=original_id,
            device=self._device,
            key=key,
            media_type=media_type,
            file_size=file_size,
            created_at=now,
        )
        self._session.add(face)
        await self._session.flush()
        return face

    async def list_newest_first(self, page: Page) -> list[DownloadedFace]:
        """One page of faces, each with its `original`; equal times by id."""
        query = (
            select(DownloadedFace)
            .join(DownloadedFace.original)
            .options(contains_eager(DownloadedFace.original))
            .where(DownloadedFace.device == self._device)
            .order_by(DownloadedFace.created_at.desc(), DownloadedFace.id.desc())
            .limit(page.size)
            .offset(page.offset)
        )
        return list(await self._session.scalars(query))

    async def count(self) -> int:
        """How many there are in all."""
        query = select(func.count()).select_from(DownloadedFace).where(DownloadedFace.device == self._device)
        return (await self._session.execute(query)).scalar_one()


class FileRepository(_DeviceScope):
    """Which files a device may see."""

    async def owns(self, key: str) -> bool:
        """Whether a row of this device names the file."""
        table = _TABLES_BY_FOLDER.get(key.partition("/")[0])
        if table is None:
            return False
        query = select(table.id).where(table.key == key, table.device == self._device)
        return await self._session.scalar(query) is not None


class AnswerRepository(_DeviceScope):
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
            delete(IdempotentAnswer).where(
                IdempotentAnswer.device == self._device,
                IdempotentAnswer.created_at <= now - _ANSWERS_KEPT,
                IdempotentAnswer.leased_until <= now,
            )
        )
        known = await self._session.scalar(
            select(IdempotentAnswer).where(self._is(route, key)).with_for_update()
        )
        if known is None:
            return await self._claim_unused(
                route=route, key=key, fingerprint=fingerprint, now=now, lease=lease
            )
        if known.fingerprint != fingerprint:
            raise IdempotencyKeyReusedError
        if known.status is not None and known.body is not None:
            return SavedAnswer(status=known.status, body=known.body)
        if known.leased_until > now:
            return None
        known.claim = ObjectId()
        known.leased_until = now + lease
        await self._session.flush()
        return ClaimedKey(route=route, key=key, claim=known.claim)

    async def renew(self, claimed: ClaimedKey, *, now: datetime, lease: timedelta) -> bool:
        """Keep the claim for another while; False when another attempt has taken over meanwhile."""
        statement = update(IdempotentAnswer).where(self._is_held(claimed)).values(leased_until=now + lease)
        return await self._count_changed(statement) == 1

    async def save(self, claimed: ClaimedKey, *, status: int, body: str) -> bool:
        """Keep the answer for whoever asks again; False when another attempt has taken over meanwhile."""
        statement = update(IdempotentAnswer).where(self._is_held(claimed)).values(status=status, body=body)
        return await self._count_changed(statement) == 1

    async def release(self, claimed: ClaimedKey) -> None:
        """Give the key back without an answer, so that the next attempt really tries again."""
        await self._session.execute(delete(IdempotentAnswer).where(self._is_held(claimed)))

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

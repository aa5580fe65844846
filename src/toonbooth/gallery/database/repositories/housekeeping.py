"""Queries across all devices: for sweeping, checking and backing up. No request ever comes near these."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, cast

from bson import ObjectId
from sqlalchemy import ColumnElement, CursorResult, ScalarResult, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.database.repositories.answers import is_expired
from toonbooth.gallery.database.repositories.jobs import is_too_old
from toonbooth.gallery.database.tables import (
    Device,
    DownloadedFace,
    IdempotentAnswer,
    Job,
    Original,
    RateWindow,
    RegeneratedCartoon,
)

_CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""By less, or their owner has other worries."""


class Kind(StrEnum):
    """What a row with a file is."""

    ORIGINAL = "original"
    CARTOON = "cartoon"
    FACE = "downloaded face"


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a row names. `size` is None where rows don't tell."""

    kind: Kind
    id: ObjectId
    original_id: ObjectId
    key: str
    size: int | None


Row = Original | RegeneratedCartoon | DownloadedFace

_TABLES: Final[dict[Kind, type[Row]]] = {
    Kind.ORIGINAL: Original,
    Kind.CARTOON: RegeneratedCartoon,
    Kind.FACE: DownloadedFace,
}


class HousekeepingRepository:
    """Rows of every device."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def delete_cartoons(self, *, made_before: datetime, limit: int) -> list[str]:
        """Delete the oldest cartoons' rows; returns the keys of their files."""
        oldest = (
            select(RegeneratedCartoon.id)
            .where(RegeneratedCartoon.created_at < made_before)
            .order_by(RegeneratedCartoon.created_at)
            .limit(limit)
        )
        return await self._delete(RegeneratedCartoon, RegeneratedCartoon.id.in_(oldest))

    async def delete_answers(self, *, now: datetime) -> int:
        """Delete the answers that are not given any more, and old jobs; returns how many they were."""
        expired = (delete(IdempotentAnswer).where(is_expired(now)), delete(Job).where(is_too_old(now)))
        deleted = [await self._session.execute(statement) for statement in expired]
        return sum(cast("CursorResult[object]", each).rowcount for each in deleted)

    async def forget_rate_windows(self, *, now: datetime) -> None:
        """Delete the counts of windows that have ended a while ago, by any gallery's clock."""
        latest = (now - _CLOCKS_DIFFER).timestamp()
        await self._session.execute(delete(RateWindow).where(RateWindow.ends_at < latest))

    async def list_devices(self, *, not_seen_since: datetime, limit: int) -> list[str]:
        """Digests of devices that stay away."""
        query = (
            select(Device.id)
            .where(Device.last_seen_at < not_seen_since)
            .order_by(Device.last_seen_at)
            .limit(limit)
        )
        return list(await self._session.scalars(query))

    async def select_named(self, keys: Collection[str]) -> set[str]:
        """Those of the keys that a row names."""
        named: set[str] = set()
        for table in _TABLES.values():
            named.update(await self._session.scalars(select(table.key).where(table.key.in_(keys))))
        return named

    async def list_files(self, kind: Kind, *, after: ObjectId | None, limit: int) -> list[NamedFile]:
        """The files of one table in the order of ids, those after an id."""
        table = _TABLES[kind]
        query = select(table).order_by(table.id).limit(limit)
        if after is not None:
            query = query.where(table.id > after)
        rows: ScalarResult[Row] = await self._session.scalars(query)
        return [_describe(row) for row in rows]

    async def delete_rows(self, files: Iterable[NamedFile]) -> list[str]:
        """Delete the rows of lost files, an original's cartoons with it; returns the keys of what lay there.

        An original from which faces were downloaded stays: they hang on it, and they are there.
        """
        ids: dict[Kind, list[ObjectId]] = {kind: [] for kind in Kind}
        for file in files:
            ids[file.kind].append(file.id)
        faces = await self._delete(DownloadedFace, DownloadedFace.id.in_(ids[Kind.FACE]))
        lost = Original.id.in_(ids[Kind.ORIGINAL]) & ~exists().where(
            DownloadedFace.original_id == Original.id
        )
        cartoons = await self._delete(
            RegeneratedCartoon,
            RegeneratedCartoon.id.in_(ids[Kind.CARTOON])
            | RegeneratedCartoon.original_id.in_(select(Original.id).where(lost)),
        )
        return faces + cartoons + await self._delete(Original, lost)

    async def _delete(self, table: type[Row], which: ColumnElement[bool]) -> list[str]:
        statement = (
            delete(table).where(which).returning(table.key).execution_options(synchronize_session=False)
        )
        return list(await self._session.scalars(statement))


def _describe(row: Row) -> NamedFile:
    match row:
        case Original():
            return NamedFile(Kind.ORIGINAL, row.id, row.id, row.key, row.file_size)
        case RegeneratedCartoon():
            return NamedFile(Kind.CARTOON, row.id, row.original_id, row.key, None)
        case DownloadedFace():
            return NamedFile(Kind.FACE, row.id, row.original_id, row.key, row.file_size)

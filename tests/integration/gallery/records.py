"""Rows as uploads, regenerations and downloads make them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from bson import ObjectId

from toonbooth.contract import FaceSummary
from toonbooth.gallery.database.repositories import (
    CartoonRepository,
    DeviceRepository,
    FaceRepository,
    OriginalRepository,
)
from toonbooth.gallery.database.tables import DownloadedFace, Original, RegeneratedCartoon
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.devices import DeviceId

NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
FACES: Final = (FaceSummary(box=(0.25, 0.1, 0.5, 0.5), score=0.875),)


def make_device() -> DeviceId:
    return DeviceId.parse(str(uuid.uuid4()))


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


async def add_original(database: Database, device: DeviceId, *, now: datetime = NOON) -> Original:
    original_id = ObjectId()
    async with database.transaction() as session:
        await DeviceRepository(session, device).register(now=now)
        return await OriginalRepository(session, device).add(
            original_id=original_id,
            key=f"originals/{original_id}.jpg",
            media_type="image/jpeg",
            file_size=1234,
            now=now,
        )


async def add_cartoon(
    database: Database, device: DeviceId, original: Original, *, now: datetime = NOON
) -> RegeneratedCartoon:
    cartoon_id = ObjectId()
    async with database.transaction() as session:
        return await CartoonRepository(session, device).add(
            original,
            cartoon_id=cartoon_id,
            key=f"temp/{cartoon_id}.jpg",
            style="comic",
            seed=7,
            faces=FACES,
            now=now,
        )


async def download(
    database: Database, device: DeviceId, cartoon: RegeneratedCartoon, *, now: datetime = NOON
) -> tuple[DownloadedFace, list[str]]:
    """Take a cartoon; returns the face, and the keys of the files that nothing names any more."""
    face_id = ObjectId()
    async with database.transaction() as session:
        keys = await CartoonRepository(session, device).claim_for_download(cartoon.id)
        face = await FaceRepository(session, device).add(
            face_id=face_id,
            original_id=cartoon.original_id,
            key=f"downloaded/{face_id}.jpg",
            media_type="image/jpeg",
            file_size=567,
            now=now,
        )
    return face, keys

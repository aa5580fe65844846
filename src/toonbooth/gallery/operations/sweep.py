"""Deletes what nobody needs any more: old cartoons, unreferenced files, expired answers, lost devices."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from toonbooth.gallery.blobs.interface import FoundBlob
from toonbooth.gallery.blobs.keys import is_key
from toonbooth.gallery.database.repositories import HousekeepingRepository
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.operations.erase import erase_device
from toonbooth.gallery.operations.new_blobs import LONGEST_UNREFERENCED
from toonbooth.gallery.operations.unreferenced import delete_unreferenced
from toonbooth.gallery.services import Storage
from toonbooth.gallery.settings import GallerySettings

UNREFERENCED_KEPT: Final = timedelta(hours=1)
"""A file comes before its row. One that has none after this long gets none: see `new_blobs`."""
assert UNREFERENCED_KEPT >= 2 * LONGEST_UNREFERENCED

_LOCK: Final = "sweep"
_FILES_LOCK: Final = "sweep files"
"""One of its own: among hundreds of millions of files that part takes a day, and rows get too old every
hour."""
_BATCH: Final = 200
"""Rows that go in one transaction: others wait meanwhile."""


@dataclass(frozen=True, slots=True)
class SweepRules:
    """What is too old. None: never."""

    temp_ttl: timedelta
    device_ttl: timedelta | None

    @classmethod
    def of(cls, settings: GallerySettings) -> Self:
        days = settings.device_ttl_days
        return cls(
            temp_ttl=timedelta(hours=settings.temp_ttl_hours),
            device_ttl=None if days is None else timedelta(days=days),
        )


@dataclass(slots=True)
class Swept:
    """How much is gone."""

    cartoons: int = 0
    devices: int = 0
    files: int = 0
    answers: int = 0


async def sweep(storage: Storage, rules: SweepRules, *, now: datetime) -> Swept | None:
    """Delete what is too old or belongs to nothing; None when another process is at what is too old. Files
    that belong to nothing are left to another process that is at those.

    Each step is whole in itself and may be repeated: a sweep that breaks off is ended by the next one.

    Raises
    ------
    DatabaseFailedError, StorageFailedError
    """
    await _forget_renditions(storage)
    async with storage.database.hold_lock(_LOCK) as is_ours:
        if not is_ours:
            return None
        swept = Swept()
        await _sweep_cartoons(storage, swept, made_before=now - rules.temp_ttl)
        if rules.device_ttl is not None:
            await _sweep_devices(storage, swept, not_seen_since=now - rules.device_ttl)
        await _sweep_short_lived(storage, swept, now=now)
        swept.files += await storage.staging.remove_leftovers()
    async with storage.database.hold_lock(_FILES_LOCK) as is_ours:
        if is_ours:
            await _sweep_files(storage, swept, now=now)
    return swept


async def find_unreferenced(storage: Storage, batch: list[FoundBlob], *, now: datetime) -> list[FoundBlob]:
    """Those files of a batch that no row names, nor will ever name."""
    old = [file for file in batch if now - file.facts.modified_at > UNREFERENCED_KEPT]
    keys = [file.key for file in old if is_key(file.key)]
    async with storage.database.reading() as session:
        named = await HousekeepingRepository(session).select_named(keys)
    return [file for file in old if file.key not in named]


async def _sweep_cartoons(storage: Storage, swept: Swept, *, made_before: datetime) -> None:
    while True:
        async with storage.database.transaction() as session:
            keys = await HousekeepingRepository(session).delete_cartoons(
                made_before=made_before, limit=_BATCH
            )
        swept.cartoons += len(keys)
        swept.files += await delete_unreferenced(storage.blobs, keys)
        if len(keys) < _BATCH:
            return


async def _sweep_devices(storage: Storage, swept: Swept, *, not_seen_since: datetime) -> None:
    while True:
        async with storage.database.reading() as session:
            digests = await HousekeepingRepository(session).list_devices(
                not_seen_since=not_seen_since, limit=_BATCH
            )
        for digest in digests:
            # Seen again since the list was read: then it stays.
            erased = await erase_device(
                storage, DeviceId(digest=digest, prefix=""), unless_seen_since=not_seen_since
            )
            swept.files += erased.files
            swept.devices += 1
        if len(digests) < _BATCH:
            return


async def _sweep_short_lived(storage: Storage, swept: Swept, *, now: datetime) -> None:
    async with storage.database.transaction() as session:
        housekeeping = HousekeepingRepository(session)
        swept.answers += await housekeeping.delete_answers(now=now)
        await housekeeping.forget_rate_windows(now=now)


async def _sweep_files(storage: Storage, swept: Swept, *, now: datetime) -> None:
    async for batch in storage.blobs.scan():
        unreferenced = await find_unreferenced(storage, batch, now=now)
        swept.files += await delete_unreferenced(storage.blobs, [file.key for file in unreferenced])


async def _forget_renditions(storage: Storage) -> None:
    """Each machine for itself, whoever sweeps: a picture that a gallery on another one has deleted left its
    smaller versions here.
    """
    keys = await storage.renditions.list_keys()
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        async with storage.database.reading() as session:
            named = await HousekeepingRepository(session).select_named(batch)
        await storage.renditions.forget(set(batch) - named)

"""Compares rows and files both ways, says what is wrong, and mends what can be mended."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from toonbooth.gallery.blobs.interface import FoundBlob
from toonbooth.gallery.database.repositories import HousekeepingRepository, Kind, NamedFile
from toonbooth.gallery.errors import PictureNotFoundError
from toonbooth.gallery.operations.sweep import find_unreferenced
from toonbooth.gallery.operations.unreferenced import delete_unreferenced
from toonbooth.gallery.services import Storage
from toonbooth.kit.errors import FileError

_BATCH: Final = 500
_FEW: Final = 10


@dataclass(slots=True)
class Findings:
    """What was looked at, and what is wrong."""

    rows: int = 0
    files: int = 0
    lost: list[NamedFile] = field(default_factory=list)
    """Rows without their file."""
    damaged: list[NamedFile] = field(default_factory=list)
    """Rows whose file has another size than it had."""
    unreferenced: list[FoundBlob] = field(default_factory=list)
    """Files without a row, older than any request."""
    database: list[str] = field(default_factory=list)
    """What the database finds wrong with itself."""

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.damaged or self.unreferenced or self.database)


async def check_storage(storage: Storage, *, now: datetime) -> Findings:
    """Look at every row and every file; nothing is changed, and the gallery may run meanwhile.

    Raises
    ------
    DatabaseFailedError, StorageFailedError
    """
    findings = Findings(database=await storage.database.check_itself())
    if findings.database:
        return findings  # What its rows say about files cannot be believed.
    for kind in Kind:
        after = None
        while True:
            async with storage.database.reading() as session:
                named = await HousekeepingRepository(session).list_files(kind, after=after, limit=_BATCH)
            for file in named:
                await _look_at(storage, file, findings)
            findings.rows += len(named)
            if len(named) < _BATCH:
                break
            after = named[-1].id
    await _leave_out_the_deleted(storage, findings)
    async for batch in storage.blobs.scan():
        findings.files += len(batch)
        findings.unreferenced += await find_unreferenced(storage, batch, now=now)
    return findings


async def repair_storage(storage: Storage, findings: Findings) -> None:
    """Delete the rows whose files are lost, and the files that have no row.

    An original that is lost stays listed when faces were downloaded from it. Damaged files are left alone:
    they may be worth something, and a backup is worth more.

    Raises
    ------
    FileError
        When so much is lost that something else must be wrong.
    DatabaseFailedError, StorageFailedError
    """
    if len(findings.lost) > max(_FEW, findings.rows // 2):
        raise FileError(
            f"{len(findings.lost)} of {findings.rows} files are missing. Is the right disk mounted? "
            "Nothing was changed."
        )
    for start in range(0, len(findings.lost), _BATCH):
        async with storage.database.transaction() as session:
            keys = await HousekeepingRepository(session).delete_rows(findings.lost[start : start + _BATCH])
        await delete_unreferenced(storage.blobs, keys)
    await storage.blobs.delete([file.key for file in findings.unreferenced])


async def _look_at(storage: Storage, file: NamedFile, findings: Findings) -> None:
    try:
        size = (await storage.blobs.stat(file.key)).size
    except PictureNotFoundError:
        findings.lost.append(file)
        return
    if size != file.size if file.size is not None else size == 0:
        findings.damaged.append(file)


async def _leave_out_the_deleted(storage: Storage, findings: Findings) -> None:
    """A row that was deleted since it was read has rightly lost its file."""
    still_named: set[str] = set()
    for start in range(0, len(findings.lost), _BATCH):
        async with storage.database.reading() as session:
            keys = [file.key for file in findings.lost[start : start + _BATCH]]
            still_named |= await HousekeepingRepository(session).select_named(keys)
    findings.lost = [file for file in findings.lost if file.key in still_named]

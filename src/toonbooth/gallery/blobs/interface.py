"""What a store of blobs promises, wherever it keeps them."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.staging import StagedFile


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that is in its place."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """What is known of a blob without reading it. A key's bytes never change."""

    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class FoundBlob:
    """What lies in a store. `key` may be no key at all, when somebody else put it there."""

    key: str
    facts: BlobFacts


class BlobStore(Protocol):
    """Keeps blobs under keys (see `keys`); nothing is ever overwritten, so what was read once stays true.

    A text that isn't a key names nothing: `PictureNotFoundError`, like a key whose blob is gone. Whatever the
    storage itself refuses is a `StorageFailedError`.
    """

    async def commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        """Move a staged file to its place, and return when it would survive a power cut.

        The key's milliseconds are those of `now`, or the next that are free: two blobs never share a key.
        When this raises, there is no blob; when it returns, there is one, even if the task was cancelled
        meanwhile (the cancellation then arrives at the next await).
        """

    async def stat(self, key: str) -> BlobFacts:
        """Look a blob up."""

    def stream(self, key: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Read a blob, or the bytes from `start` up to `stop`, piece by piece; raises at the first piece."""

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete blobs, or what else `scan` found; those already gone are no error. Runs to its end even when
        the task is cancelled, and tries all of them before it raises.
        """

    def scan(self) -> AsyncIterator[list[FoundBlob]]:
        """Everything that lies in the store's folders, some hundreds at a time, in no order. What comes or
        goes meanwhile may be missed or found.
        """

"""Makes smaller versions of stored pictures: once each, in worker processes, for everybody who asks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from toonbooth.gallery.blobs.interface import Blob, BlobStore
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.renditions import RenditionCache
from toonbooth.gallery.conversion import shrink_picture
from toonbooth.gallery.errors import PictureNotFoundError
from toonbooth.imaging.codec import ImageError
from toonbooth.kit.accepting import read_weights
from toonbooth.kit.errors import AppError
from toonbooth.kit.workers import PoolBusyError, WorkerPool

if TYPE_CHECKING:
    from toonbooth.imaging.codec.renditions import RenditionFormat

log = logging.getLogger(__name__)

WIDTHS: Final = (160, 320, 640, 1080)
MEDIA_TYPES: Final = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
}
_BASE_WIDTH: Final = WIDTHS[-1]
_TILE_WIDTH: Final = 320
_MAX_WAITING: Final = 256
_MAX_PREPARED_LATER: Final = 64
_WORTH_PREPARING_BYTES: Final = 1_000_000
"""Such a JPEG takes some 15 ms to decode."""

_RETRY_AFTER_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Rendition:
    """A smaller version as it is named: `320.webp`."""

    width: int
    format: RenditionFormat

    @property
    def name(self) -> str:
        return f"{self.width}.{self.format}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


class RenditionMaker:
    """Finds renditions, or makes them. An async context manager: leaving gives up what is being made.

    A photo is decoded once, into its base, the widest rendition; all others are made from that. But where the
    base is missing a grid waits for its tiles, so these come from the photo itself: of one of 8.7 MB in 80 ms
    of a core instead of 117, since a JPEG's decoder does less for a small picture.

    Parameters
    ----------
    at_once : how many are made at the same time; who converts photos in the same pool needs a place too.
    timeout_seconds : what making one may take.
    """

    def __init__(
        self,
        blobs: BlobStore,
        cache: RenditionCache,
        pool: WorkerPool,
        *,
        at_once: int,
        timeout_seconds: float,
    ) -> None:
        self._blobs = blobs
        self._cache = cache
        self._pool = pool
        self._places = asyncio.Semaphore(at_once)
        self._timeout_seconds = timeout_seconds
        self._being_made: dict[tuple[str, str], asyncio.Task[bytes]] = {}
        self._preparing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (*self._preparing, *self._being_made.values()):
            task.cancel()
        await asyncio.gather(*self._preparing, *self._being_made.values(), return_exceptions=True)

    async def get(self, key: str, rendition: Rendition) -> bytes:
        """A rendition of a picture whose blob was there a moment ago.

        Raises
        ------
        PictureNotFoundError
            When the blob has gone, or isn't a picture that can be read.
        PoolBusyError
            When many others wait already.
        """
        found = await self._cache.find(key, rendition.name)
        if found is not None:
            return found
        task = self._being_made.get((key, rendition.name))
        if task is None:
            if len(self._being_made) >= _MAX_WAITING:
                raise PoolBusyError(
                    "The server is busy. Please try again in a moment.",
                    retry_after_seconds=_RETRY_AFTER_SECONDS,
                )
            task = asyncio.create_task(self._make(key, rendition))
            self._being_made[key, rendition.name] = task
            task.add_done_callback(lambda _: self._being_made.pop((key, rendition.name)))
        # Others may wait for it, so it goes on when this caller leaves.
        return await asyncio.shield(task)

    def prepare(self, photo: Blob) -> None:
        """Make the base and the tile of a new photo soon, so that grids needn't wait for it. Small photos are
        quick enough when they are asked for, and nothing is done when much is to be done already.
        """
        key = photo.key
        if photo.size < _WORTH_PREPARING_BYTES or len(self._preparing) >= _MAX_PREPARED_LATER:
            return
        task = asyncio.create_task(self._prepare(key))
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _prepare(self, key: str) -> None:
        try:
            await self.get(key, _BASE)
            await self.get(key, _TILE)
        except AppError as error:
            log.info("a photo's renditions are made later: %s", error.code)

    async def _make(self, key: str, rendition: Rendition) -> bytes:
        data = await self._shrink(await self._find_source(key, rendition), key, rendition)
        await self._cache.write(key, rendition.name, data)
        try:
            await self._blobs.stat(key)
        except PictureNotFoundError:
            # It went while its rendition was made, which must not outlive it.
            await self._cache.forget([key])
            raise
        return data

    async def _find_source(self, key: str, rendition: Rendition) -> bytes | None:
        """The base, where a rendition is made from it, and None where it is made from the stored picture."""
        if not key.startswith(f"{BlobFolder.ORIGINALS}/") or rendition == _BASE:
            return None
        is_on_its_way = (key, _BASE.name) in self._being_made
        if rendition.width > _TILE_WIDTH or is_on_its_way:
            return await self.get(key, _BASE)
        return await self._cache.find(key, _BASE.name)

    async def _shrink(self, content: bytes | None, key: str, rendition: Rendition) -> bytes:
        async with self._places:
            if content is None:
                content = b"".join([piece async for piece in self._blobs.stream(key)])
            try:
                return await self._pool.run(
                    shrink_picture,
                    content,
                    rendition.width,
                    rendition.format,
                    _may_be_transparent(key),
                    timeout_seconds=self._timeout_seconds,
                )
            except ImageError as error:
                raise PictureNotFoundError from error


_BASE: Final = Rendition(_BASE_WIDTH, "jpg")
_TILE: Final = Rendition(_TILE_WIDTH, "webp")
"""As `thumbnailUrl` gives it to any browser of today."""


def choose_rendition(key: str, width: int, accept: str | None) -> Rendition:
    """The kind of file that the client prefers (RFC 9110, 12.5.1), of those that are worth making.

    WebP before AVIF where both are as good to the client: half the time for nearly the same bytes. A client
    that names neither gets what it would have got of the picture itself.
    """
    plain: RenditionFormat = "png" if _may_be_transparent(key) else "jpg"
    weights = read_weights(accept or "")
    anything = max(weights.get(MEDIA_TYPES[plain], 0.0), weights.get("image/*", 0.0), weights.get("*/*", 0.0))
    best, chosen = 0.0, plain
    for each in ("webp", "avif"):
        weight = weights.get(MEDIA_TYPES[each], 0.0)
        if weight > best and weight >= anything:
            best, chosen = weight, "webp" if each == "webp" else "avif"
    return Rendition(width, chosen)


def _may_be_transparent(key: str) -> bool:
    """Face cuts that aren't JPEGs are; photos were drawn on white, and are shown so."""
    return key.startswith(f"{BlobFolder.DOWNLOADED}/") and not key.endswith(".jpg")

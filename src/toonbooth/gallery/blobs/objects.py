"""Blobs as objects of a bucket: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from toonbooth.gallery.blobs.failures import translated_failures
from toonbooth.gallery.blobs.interface import Blob, BlobFacts, FoundBlob
from toonbooth.gallery.blobs.keys import BlobFolder, get_media_type, is_in_folder, is_key, make_key
from toonbooth.gallery.blobs.staging import StagedFile, StagingFolder
from toonbooth.gallery.clock import count_milliseconds
from toonbooth.gallery.errors import PictureNotFoundError, StorageUnavailableError
from toonbooth.gallery.uninterrupted import finish
from toonbooth.kit.errors import StartError

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore

_PIECE_BYTES: Final = 256 * 1024
_SCANNED_AT_ONCE: Final = 500
_DELETED_AT_ONCE: Final = 16
_REQUEST_SECONDS: Final = 30
_PATIENCE: Final = timedelta(seconds=10)
"""How long a bucket that doesn't answer is asked again, before the app is told to come back."""
_MOST_RETRIES: Final = 4


class ObjectBlobStore:
    """A `BlobStore` in a bucket. Any number of galleries may use it; what is staged stays on this machine.

    A whole photo (10 MB at most, 20 MB when HEIC became JPEG) is in memory while it is sent: a conditional
    put, which never overwrites, cannot be sent in parts.
    """

    def __init__(self, store: ObjectStore, staging: StagingFolder) -> None:
        self._store = store
        self.staging = staging

    async def commit(
        self, staged: StagedFile, *, folder: BlobFolder, identifier: str, suffix: str, now: datetime
    ) -> Blob:
        return await finish(
            self._put(
                staged,
                folder,
                identifier=identifier,
                suffix=suffix,
                milliseconds=count_milliseconds(now),
            )
        )

    async def place(self, staged: StagedFile, key: str) -> bool:
        """As `commit`, under a key that is known already; False when something lies there."""
        return await finish(self._place(staged, _checked(key)))

    async def stat(self, key: str) -> BlobFacts:
        import obstore  # noqa: PLC0415 - an extra

        with _translated_refusals():
            return _read_facts(await obstore.head_async(self._store, _checked(key)))

    async def stream(self, key: str, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes]:
        import obstore  # noqa: PLC0415

        if start == stop:
            await self.stat(key)
            return
        with _translated_refusals():
            wanted: GetOptions = {"range": {"offset": start} if stop is None else (start, stop)}
            result = await obstore.get_async(self._store, _checked(key), options=wanted)
            async for piece in result.stream(min_chunk_size=_PIECE_BYTES):
                yield bytes(piece)

    async def delete(self, keys: Iterable[str]) -> None:
        wanted = [key if is_in_folder(key) else _checked(key) for key in keys]
        await finish(self._delete(wanted))

    async def scan(self) -> AsyncGenerator[list[FoundBlob]]:
        import obstore  # noqa: PLC0415

        with _translated_refusals():
            for folder in BlobFolder:
                listing = obstore.list(self._store, prefix=folder.value, chunk_size=_SCANNED_AT_ONCE)
                async for found in listing:
                    yield [
                        FoundBlob(
                            each["path"], BlobFacts(each["size"], each["last_modified"].astimezone(UTC))
                        )
                        for each in found
                    ]

    async def _put(
        self, staged: StagedFile, folder: BlobFolder, *, identifier: str, suffix: str, milliseconds: int
    ) -> Blob:
        with translated_failures():
            size = (await asyncio.to_thread(staged.path.stat)).st_size
        while True:
            key = make_key(folder, milliseconds=milliseconds, identifier=identifier, suffix=suffix)
            if await self._place(staged, key):
                return Blob(key=key, size=size)
            milliseconds += 1

    async def _place(self, staged: StagedFile, key: str) -> bool:
        import obstore  # noqa: PLC0415
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415

        try:
            # When the bucket's answer is lost, what was put may lie there without a name: the sweeper's.
            with _translated_refusals():
                await obstore.put_async(
                    self._store,
                    key,
                    staged.path,
                    mode="create",
                    use_multipart=False,
                    attributes={"Content-Type": get_media_type(key)},
                )
        except AlreadyExistsError:
            return False
        return True

    async def _delete(self, keys: list[str]) -> None:
        turns = asyncio.Semaphore(_DELETED_AT_ONCE)
        failures = await asyncio.gather(
            *(self._delete_one(key, turns) for key in keys), return_exceptions=True
        )
        for failure in failures:
            if failure is not None:
                raise failure

    async def _delete_one(self, key: str, turns: asyncio.Semaphore) -> None:
        import obstore  # noqa: PLC0415

        async with turns:
            with contextlib.suppress(PictureNotFoundError), _translated_refusals():
                await obstore.delete_async(self._store, key)


def open_bucket(url: str, *, setting: str = "GALLERY_BLOB_URL") -> ObjectStore:
    """Find the bucket that a URL names, with credentials from the variables that its cloud's tools read.

    Parameters
    ----------
    setting : where the URL comes from, for messages.

    Raises
    ------
    StartError
        When the URL names none, `obstore` is not installed, or the bucket doesn't answer.
    """
    store = describe_bucket(url, setting=setting)
    import obstore  # noqa: PLC0415
    from obstore.exceptions import BaseError  # noqa: PLC0415

    try:
        next(iter(obstore.list(store, prefix=BlobFolder.ORIGINALS.value, chunk_size=1)), None)
    except BaseError as error:
        raise StartError(f"{setting} cannot be used: {put_in_one_line(error)}") from error
    return store


def describe_bucket(
    url: str, *, setting: str = "GALLERY_BLOB_URL", endpoint: str | None = None
) -> ObjectStore:
    """As `open_bucket`, but nobody is asked whether it is there.

    Parameters
    ----------
    endpoint : the address of the S3 server, when not the one that the environment names.

    Raises
    ------
    StartError
        When the URL names none, or `obstore` is not installed.
    """
    try:
        from obstore.exceptions import BaseError  # noqa: PLC0415
        from obstore.store import from_url  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartError(
            "A bucket needs a library that isn't installed: run `make s3`, or `pip install 'toonbooth[s3]'`."
        ) from error
    try:
        return from_url(
            url,
            config={} if endpoint is None else {"endpoint": endpoint},
            client_options={
                "timeout": f"{_REQUEST_SECONDS}s",
                "connect_timeout": "5s",
                "allow_http": True,  # used only where the configured endpoint says so
            },
            retry_config={"max_retries": _MOST_RETRIES, "retry_timeout": _PATIENCE},
        )
    except (BaseError, ValueError) as error:
        raise StartError(f"{setting} cannot be used: {put_in_one_line(error)}") from error


def _read_facts(found: ObjectMeta) -> BlobFacts:
    return BlobFacts(size=found["size"], modified_at=found["last_modified"].astimezone(UTC))


def _checked(key: str) -> str:
    if not is_key(key):
        raise PictureNotFoundError
    return key


def put_in_one_line(error: Exception) -> str:
    """What a library says of a bucket, without where in the library it was said."""
    return " ".join(str(error).split("Debug source")[0].split()).rstrip(".") + "."


@contextlib.contextmanager
def _translated_refusals() -> Generator[None]:
    from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError  # noqa: PLC0415

    try:
        yield
    except AlreadyExistsError:
        raise
    except (NotFoundError, FileNotFoundError) as error:
        raise PictureNotFoundError from error
    except BaseError as error:
        raise StorageUnavailableError from error

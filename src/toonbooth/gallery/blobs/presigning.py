"""Addresses at which a bucket itself sends a picture, for a few minutes, to whoever has them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from toonbooth.gallery.blobs.keys import BlobFolder, make_key
from toonbooth.gallery.blobs.objects import describe_bucket, put_in_one_line
from toonbooth.gallery.errors import StorageUnavailableError
from toonbooth.kit.errors import StartError

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

LINK_SECONDS: Final = 300
"""Enough for a phone that has just been sent there, and little for whoever finds the address later."""

REDIRECT_SECONDS: Final = 240
"""How long the way there may be remembered, so that what is remembered still has a minute."""


class BucketLinks:
    """Signs addresses in a bucket. Made by `open_bucket_links`.

    Attributes
    ----------
    origin : scheme, host and port of all of them, which a page's policy must allow.
    """

    def __init__(self, store: S3Store | GCSStore | AzureStore, *, origin: str) -> None:
        self._store = store
        self.origin = origin

    async def sign(self, key: str, *, seconds: int) -> str:
        """The address that sends a blob to everybody for so many seconds, if it is there.

        Raises
        ------
        StorageUnavailableError
            When the credentials to sign with cannot be had just now.
        """
        import obstore  # noqa: PLC0415 - an extra
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=seconds))
        except BaseError as error:
            raise StorageUnavailableError from error


async def open_bucket_links(url: str, *, public_url: str | None) -> BucketLinks:
    """Links into the bucket of `url`, which clients reach at `public_url` when it is given.

    Raises
    ------
    StartError
        When the bucket isn't one that signs, or the credentials cannot sign.
    """
    store = await asyncio.to_thread(describe_bucket, url, endpoint=public_url)
    import obstore  # noqa: PLC0415
    from obstore.exceptions import BaseError  # noqa: PLC0415
    from obstore.store import AzureStore, GCSStore, S3Store  # noqa: PLC0415

    if not isinstance(store, S3Store | GCSStore | AzureStore):
        raise StartError("GALLERY_FILES_FROM=bucket needs a bucket of S3, Google Cloud or Azure.")
    anything = make_key(BlobFolder.ORIGINALS, milliseconds=10**12, identifier="0" * 8, suffix=".jpg")
    try:
        address = await obstore.sign_async(store, "GET", anything, timedelta(seconds=LINK_SECONDS))
    except BaseError as error:
        raise StartError(
            f"GALLERY_FILES_FROM=bucket needs credentials that can sign: {put_in_one_line(error)}"
        ) from error
    parts = urlsplit(address)
    return BucketLinks(store, origin=f"{parts.scheme}://{parts.netloc}")

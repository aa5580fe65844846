"""Deletes files whose rows are gone for good."""

import logging
from collections.abc import Sequence

from toonbooth.gallery.blobs.interface import BlobStore
from toonbooth.gallery.errors import StorageFailedError

log = logging.getLogger(__name__)


async def delete_unreferenced(blobs: BlobStore, keys: Sequence[str]) -> int:
    """Delete files that no row names any more; returns how many are gone.

    When the storage refuses, what was done to the rows stays right: the sweeper finds the files later.
    """
    try:
        await blobs.delete(keys)
    except StorageFailedError:
        log.exception("files that no row names could not be deleted; they are left to the sweeper")
        return 0
    return len(keys)

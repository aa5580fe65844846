"""A process whose children store one photo each, and die before the first line of the store's code, the
second, the third, until one comes to the end: `dying_at_every_line.py FOLDER` leaves a folder for each.
`dying_at_every_line.py FOLDER without-links` does so on a file system that has no hard links.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.gallery.records import NOON
from toonbooth.gallery import blobs
from toonbooth.gallery.blobs.disk import DiskBlobStore
from toonbooth.gallery.blobs.keys import BlobFolder

if TYPE_CHECKING:
    from _typeshed import TraceFunction

PHOTO = b"photo" * 60_000
_CODE = str(Path(blobs.__file__).parent)


async def store_photo(folder: Path) -> None:
    store = DiskBlobStore(folder)
    async with store.staging.open() as staged:
        await staged.write(PHOTO)
        await store.commit(
            staged, folder=BlobFolder.ORIGINALS, identifier="abc12345", suffix=".jpg", now=NOON
        )


def refuse_link(*_: object) -> None:
    """What `os.link` does where there are no hard links."""
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def die_before(line: int) -> None:
    """End this process as a kill would, before so many lines of the store's code have run, in any thread."""
    run = 0

    def trace(frame: types.FrameType, event: str, _argument: object) -> TraceFunction | None:
        nonlocal run
        if not frame.f_code.co_filename.startswith(_CODE):
            return None
        if event == "line":
            if run == line:
                os._exit(1)
            run += 1
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def main(folder: Path, *, has_links: bool) -> None:
    if not has_links:
        os.link = refuse_link  # type: ignore[assignment]  # as the system would
    line, has_died = 0, True
    while has_died:
        child = os.fork()
        if not child:
            die_before(line)
            asyncio.run(store_photo(folder / f"{line:03}"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        has_died = os.waitstatus_to_exitcode(status) == 1
        line += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), has_links="without-links" not in sys.argv)

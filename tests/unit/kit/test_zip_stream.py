"""Archives that are read back by the standard library, and never lie in memory whole."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from toonbooth.kit.zip_stream import ZipStream

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def pack(files: list[tuple[str, list[bytes]]]) -> list[bytes]:
    """The archive's pieces as they come."""
    archive = ZipStream()
    sent = [
        piece for name, pieces in files async for piece in archive.add(name, each(pieces), modified_at=NOON)
    ]
    return [*sent, archive.finish()]


@given(st.lists(st.lists(st.binary(max_size=300), max_size=4), max_size=6))
async def test_what_goes_in_comes_out(contents: list[list[bytes]]) -> None:
    files = [(f"folder/{index}.jpg", pieces) for index, pieces in enumerate(contents)]

    sent = await pack(files)

    with zipfile.ZipFile(io.BytesIO(b"".join(sent))) as archive:
        assert archive.testzip() is None
        assert [(name, archive.read(name)) for name in archive.namelist()] == [
            (name, b"".join(pieces)) for name, pieces in files
        ]


async def test_an_entry_has_its_moment_and_is_for_its_owner() -> None:
    sent = await pack([("a.jpg", [b"photo"])])

    with zipfile.ZipFile(io.BytesIO(b"".join(sent))) as archive:
        (entry,) = archive.infolist()
        assert entry.date_time == (2026, 11, 23, 12, 0, 0)
        assert entry.external_attr >> 16 == 0o100600


async def test_no_more_than_a_piece_waits_to_be_sent() -> None:
    megabyte = bytes(1024 * 1024)

    sent = await pack([("a", [megabyte] * 20), ("b", [megabyte] * 20)])

    assert len(b"".join(sent)) > 40 * len(megabyte)
    assert max(map(len, sent)) < len(megabyte) + 1000

"""Uploads over real connections that come slowly, are not as long as they say, or are no form at all."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.http.gallery.running import RunningGallery, listening, read_failure, running_gallery
from tests.http.gallery.test_real_sockets import read_reply

PART = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
START = PART % (b"image", b'; filename="a.jpg"')
END = b"\r\n--x--\r\n"


def head_of(gallery: RunningGallery, port: int, length: str) -> bytes:
    return (
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-device-id: {gallery.device}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    ).encode()


async def test_a_sender_that_trickles_is_given_up_in_the_end(tmp_path: Path) -> None:
    """Never silent for long, and never done."""
    async with (
        running_gallery(tmp_path, upload_timeout_seconds=0.5) as gallery,
        listening(gallery.app) as port,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head_of(gallery, port, "Content-Length: 100000") + START)
        reply = asyncio.create_task(read_reply(reader))
        async with asyncio.timeout(10):
            while not reply.done():
                with contextlib.suppress(ConnectionError):
                    writer.write(b"\xff")
                    await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        assert read_failure(reply.result())[:2] == (400, "incomplete_upload")
        assert gallery.list_files() == {}


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (b"".join(PART % (b"f%d" % number, b"") + b"v\r\n" for number in range(10_000)) + END, None, 400),
        (START + b"\xff\xd8" * 100, "Content-Length: 100000", None),
        (START + b"\xff\xd8" * 100 + END, "Content-Length: 50", 400),
        (START + b"\xff\xd8" * 100 + END, "Content-Length: 100000", 400),
        (b"no form at all", None, 400),
        (b"--y\r\n\r\n--y--", None, 400),
        (PART.replace(b"form-data", b"attachment") % (b"image", b"") + END, None, 400),
        (b"--x\r\n" + b"X: y\r\n" * 5000 + b"\r\n" + END, None, 400),
        (b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 100_000 + b"\r\n\r\n" + END, None, 400),
        (b"\x00" * 100_000, None, 400),
        (b"5\r\nhello\r\nzz\r\n", "Transfer-Encoding: chunked", None),
        (b"ffffffffffffffffffff\r\n", "Transfer-Encoding: chunked", None),
    ],
    ids=[
        "10,000 parts", "less than said", "more than said", "whole, but more is said", "no form",
        "another boundary", "no form-data", "headers without end", "a name without end", "zeros",
        "a broken chunk", "an endless chunk",
    ],
)  # fmt: skip
async def test_what_is_no_form_as_long_as_it_says_is_answered_soon_and_leaves_nothing(
    gallery: RunningGallery, body: bytes, length: str | None, code: int | None
) -> None:
    """None: the connection ends before there is anything to answer, or with the parser's own refusal."""
    async with listening(gallery.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(head_of(gallery, port, length or f"Content-Length: {len(body)}") + body)
            if code is None:
                writer.write_eof()
            await writer.drain()
        async with asyncio.timeout(10):
            if code is None:
                with contextlib.suppress(ConnectionError):
                    assert (await reader.read()).startswith((b"", b"HTTP/1.1 400 "))
            else:
                # What comes after the said length is taken for a request, and refused by the parser itself.
                assert (await read_reply(reader)).status_code == code
        writer.close()
    assert gallery.count_rows()["originals"] == 0
    assert gallery.list_files() == {}

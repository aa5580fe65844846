"""Reading the form of `/generate-cartoon`, however its bytes are cut."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from toonbooth.studio.errors import IncompleteUploadError
from toonbooth.studio.forms import CartoonForm, read_cartoon_form

FORM = "multipart/form-data; boundary=b"
BODY = (
    b'--b\r\nContent-Disposition: form-data; name="style"\r\n\r\ncomic\r\n'
    b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="../../me.jpg"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\xff\xd8\r\n--c\x00\xff\xd9\r\n"
    b'--b\r\nContent-Disposition: form-data; name="seed"\r\n\r\n2147483647\r\n'
    b"--b--\r\n"
)
READ = CartoonForm(photo=b"\xff\xd8\r\n--c\x00\xff\xd9", style="comic", seed=2**31 - 1)


async def cut(body: bytes, length: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), length):
        yield body[start : start + length]


@pytest.mark.parametrize("length", [1, 2, 3, 7, 64, 100_000])
async def test_how_the_body_is_cut_makes_no_difference(length: int) -> None:
    assert await read_cartoon_form(FORM, cut(BODY, length)) == READ


async def test_what_follows_the_form_is_not_read() -> None:
    chunks = cut(BODY + b"x" * 1000, len(BODY))
    assert await read_cartoon_form(FORM, chunks) == READ
    assert await anext(chunks) == b"x" * min(1000, len(BODY))


async def test_style_and_seed_may_be_left_out_or_empty() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="seed"\r\n\r\n\r\n'
        b'--b\r\nContent-Disposition: form-data; name="style"\r\n\r\n\r\n'
        b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nphoto\r\n--b--\r\n'
    )
    assert await read_cartoon_form(FORM, cut(body, 50)) == CartoonForm(b"photo", None, None)


async def test_a_client_that_goes_silent_is_not_waited_for() -> None:
    async def stall() -> AsyncIterator[bytes]:
        yield BODY[:50]
        await asyncio.sleep(3600)

    with pytest.raises(IncompleteUploadError):
        await read_cartoon_form(FORM, stall(), timeout_seconds=0.01)

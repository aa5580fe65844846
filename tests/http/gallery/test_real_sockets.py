"""What only a real connection shows: refusals that arrive although the client still sends."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.http.gallery.running import RunningGallery, listening, read_failure, running_gallery

MEGABYTE = 1024 * 1024
TOO_LARGE = (400, "file_too_large", "File size exceeds limit (10MB).")


@pytest.fixture
async def port(gallery: RunningGallery) -> AsyncIterator[int]:
    async with listening(gallery.app) as port:
        yield port


@pytest.mark.parametrize("size", [11 * 1000 * 1000, 40 * MEGABYTE])
async def test_a_client_that_sends_too_much_hears_why(
    gallery: RunningGallery, port: int, photo: bytes, size: int
) -> None:
    """11 MB are read to their end; of 40 MB another megabyte is, and the reply comes while they are sent."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="me.jpg"\r\n\r\n'
        + photo
        + bytes(size)
        + b"\r\n--x--\r\n"
    )
    head = (
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-device-id: {gallery.device}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(head.encode() + body)
            await writer.drain()

    sending = asyncio.create_task(send())
    async with asyncio.timeout(10):
        reply = await read_reply(reader)
    sending.cancel()
    await asyncio.wait({sending})
    writer.close()

    assert read_failure(reply) == TOO_LARGE
    assert (reply.headers.get("connection") == "close") == (size == 40 * MEGABYTE)


async def test_a_client_that_asks_before_it_sends_is_refused_before_it_sends(
    gallery: RunningGallery, port: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-device-id: no\r\nExpect: 100-continue\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000000\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        reply = await read_reply(reader)
    writer.close()

    assert read_failure(reply)[:2] == (400, "invalid_device_id")


async def test_a_refusal_that_was_read_to_its_end_keeps_the_connection(
    gallery: RunningGallery, port: int, photo: bytes
) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        refused = await client.post("/api/upload", files={"image": photo})
        headers = {"x-device-id": gallery.device}
        listed = await client.get("/api/originals", headers=headers)

    assert refused.status_code == 400
    assert "connection" not in refused.headers
    assert listed.status_code == 200


async def test_a_client_that_leaves_in_the_middle_of_an_upload_leaves_nothing(
    gallery: RunningGallery, port: int, photo: bytes
) -> None:
    before = gallery.stored()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-device-id: {gallery.device}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 500000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="image"; filename="me.jpg"\r\n\r\n'.encode()
        + photo * 20
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    staging = gallery.data_dir / "uploads" / ".staging"
    async with asyncio.timeout(10):
        while not staging.exists() or gallery.stored() != before:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_an_address_with_too_many_uploads_under_way_hears_so_and_its_lists_go_on(
    tmp_path: Path, photo: bytes
) -> None:
    async with (
        running_gallery(tmp_path, drawings_at_once_per_address=2, trusted_proxies="127.0.0.1") as gallery,
        listening(gallery.app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=gallery.for_device()) as client,
    ):
        here, elsewhere = {"x-forwarded-for": "203.0.113.1"}, {"x-forwarded-for": "203.0.113.2"}
        held = [await begin_upload(port, "x-forwarded-for: 203.0.113.1\r\n") for _ in range(2)]
        under_way = gallery.app.state.services.drawings_at_once
        await wait_until(lambda: under_way.count("203.0.113.1") == 2)

        refused = await client.post("/api/upload", files={"image": photo}, headers=here)
        assert read_failure(refused)[:2] == (429, "too_many_requests")
        assert refused.headers["retry-after"] == "5"
        assert (await client.get("/api/originals", headers=here)).status_code == 200
        assert (
            await client.post("/api/upload", files={"image": photo}, headers=elsewhere)
        ).status_code == 200

        held[0].close()
        await wait_until(lambda: under_way.count("203.0.113.1") == 1)
        assert (await client.post("/api/upload", files={"image": photo}, headers=here)).status_code == 200
        held[1].close()
        await wait_until(lambda: under_way.count("203.0.113.1") == 0)


async def begin_upload(port: int, more_headers: str) -> asyncio.StreamWriter:
    """Send the beginning of a photo, and nothing more."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-device-id: {uuid.uuid4()}\r\n"
        f"{more_headers}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 500000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="image"; filename="me.jpg"\r\n\r\n'.encode()
    )
    await writer.drain()
    return writer


async def wait_until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def read_reply(reader: asyncio.StreamReader) -> httpx.Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    content = await reader.readexactly(int(headers["content-length"]))
    return httpx.Response(int(head[0].split()[1]), headers=headers, content=content)

"""Every bad request has its exact status, code and sentence, and leaves the studio as it was."""

import io
import struct
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from tests.http.studio.picture_server import PictureServer
from tests.http.studio.test_contract import read_refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

Files = list[tuple[str, tuple[str | None, bytes]]]

NO_IMAGE = 'Missing image file. The photo belongs in the form field "image".'


@pytest.mark.parametrize(
    ("files", "code", "sentence"),
    [
        ([("style", (None, b"comic"))], "missing_file", NO_IMAGE),
        ([("photo", ("a.jpg", b"\xff\xd8"))], "missing_file", NO_IMAGE),
        ([("image", ("a.jpg", b""))], "empty_file", "The image file is empty."),
        (
            [("image", ("a.jpg", b"\xff\xd8")), ("image", ("b.jpg", b"\xff\xd8"))],
            "too_many_files",
            "Send one image file, not several.",
        ),
        (
            [("image", ("a.jpg", b"\xff\xd8")), ("other", ("b.jpg", b"\xff\xd8"))],
            "too_many_files",
            "Send one image file, not several.",
        ),
        (
            [("image", ("a.jpg", bytes(10 * 1024 * 1024 + 1)))],
            "file_too_large",
            "The image is larger than 10 MB.",
        ),
        (
            [("seed", (None, b"-1")), ("image", ("a.jpg", b"\xff\xd8"))],
            "invalid_request",
            "seed must be a whole number from 0 to 2147483647.",
        ),
        (
            [("seed", (None, b"2147483648")), ("image", ("a.jpg", b"\xff\xd8"))],
            "invalid_request",
            "seed must be a whole number from 0 to 2147483647.",
        ),
        (
            [("seed", (None, "٣".encode())), ("image", ("a.jpg", b"\xff\xd8"))],
            "invalid_request",
            "seed must be a whole number from 0 to 2147483647.",
        ),
        (
            [("style", (None, b"x" * 65)), ("image", ("a.jpg", b"\xff\xd8"))],
            "invalid_request",
            "style or seed is too long.",
        ),
        (
            [("note", (None, b"x" * 200_000)), ("image", ("a.jpg", b"\xff\xd8"))],
            "invalid_request",
            "The form holds more than a photo and its few fields.",
        ),
        (
            [(f"field{number}", (None, b"")) for number in range(20)],
            "invalid_request",
            "The form could not be read. Is it multipart/form-data?",
        ),
    ],
)
async def test_a_form_that_is_not_one_photo_is_refused(
    studio: httpx.AsyncClient, files: Files, code: str, sentence: str
) -> None:
    reply = await studio.post("/generate-cartoon", files=files)
    assert read_refusal(reply) == (400, code)
    assert reply.json()["error"] == sentence


@pytest.mark.parametrize("content_type", [None, "application/json", "multipart/form-data", "text/plain"])
async def test_a_body_that_is_no_form_is_refused(studio: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    reply = await studio.post("/generate-cartoon", content=b"\xff\xd8\xff", headers=headers)
    assert read_refusal(reply) == (400, "missing_file")


@pytest.mark.parametrize("length", [0, 1, 60, 200])
async def test_a_form_that_breaks_off_is_refused(studio: httpx.AsyncClient, length: int) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + b"\xff\xd8" * 100
    reply = await studio.post(
        "/generate-cartoon",
        content=body[:length],
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert read_refusal(reply) == (400, "incomplete_upload")


async def test_a_body_without_end_is_not_read_to_its_end(studio: httpx.AsyncClient) -> None:
    sent = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        while sent < 100 * 1024 * 1024:
            sent += 65536
            yield bytes(65536)

    reply = await studio.post(
        "/generate-cartoon", content=stream(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert read_refusal(reply) == (400, "file_too_large")
    assert sent < 13 * 1024 * 1024


async def test_files_that_are_no_still_picture_of_bearable_size_are_refused(
    studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    for content, code in {
        b"hello": "unsupported_image_type",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>": "unsupported_image_type",
        b"GIF89a" + bytes(100): "unsupported_image_type",
        astronaut_jpeg[:2000]: "broken_image",
        astronaut_jpeg[: len(astronaut_jpeg) // 2]: "broken_image",
        make_png_header(50_000, 50_000): "image_too_large",
        make_animated_webp(): "animated_image",
    }.items():
        reply = await studio.post("/generate-cartoon", files={"image": ("a.jpg", content, "image/jpeg")})
        assert read_refusal(reply) == (400, code)
    healthy = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    assert healthy.status_code == 200


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", 'Send a JSON object such as {"image_url": "http://…"}.'),
        (b"[]", 'Send a JSON object such as {"image_url": "http://…"}.'),
        (b"{", 'Send a JSON object such as {"image_url": "http://…"}.'),
        (b"\xff", 'Send a JSON object such as {"image_url": "http://…"}.'),
        (b"{}", "image_url is missing or not a text."),
        (b'{"image_url": 7}', "image_url is missing or not a text."),
        (b'{"image_url": "http://a/", "format": "gif"}', "format must be jpg, png or webp."),
        (b'{"image_url": "http://a/", "shape": "nose"}', "shape must be head, face or square."),
        (b'{"image_url": "http://a/", "face": -1}', "face must be a whole number from 0 to 99."),
        (b'{"image_url": "http://a/", "face": true}', "face must be a whole number from 0 to 99."),
        (b'{"image_url": "http://a/", "sticker": "yes"}', "sticker must be true or false."),
        (b'{"image_url": "http://a/", "level": 1}', "level must be true or false."),
        (b'{"image_url": "http://a/", "size": 31}', "size must be a whole number from 32 to 2048."),
        (b'{"image_url": "http://a/", "size": 2049}', "size must be a whole number from 32 to 2048."),
        (b'{"image_url": "http://a/", "size": "big"}', "size must be a whole number from 32 to 2048."),
        (b'{"image_url": "' + b"a" * 20_000 + b'"}', "The JSON object is too long."),
    ],
)
async def test_a_face_cut_that_is_asked_for_wrongly_is_refused(
    studio: httpx.AsyncClient, body: bytes, sentence: str
) -> None:
    reply = await studio.post("/process-face-cut", content=body, headers={"Content-Type": "application/json"})
    assert read_refusal(reply) == (400, "invalid_request")
    assert reply.json()["error"] == sentence


async def test_a_face_cut_that_a_web_page_could_have_asked_for_is_refused(
    studio: httpx.AsyncClient, pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    url = pictures.put("1_page.jpg", astronaut_jpeg)
    body = f'{{"image_url": "{url}"}}'
    reply = await studio.post("/process-face-cut", content=body, headers={"Content-Type": "text/plain"})
    assert read_refusal(reply) == (400, "invalid_request")
    assert "/uploads/temp/1_page.jpg" not in pictures.asked_for


@pytest.mark.parametrize(
    "path", ["/api/originals", "/uploads/../api/originals", "/uploads", "/uploads/%2e%2e/api", "/"]
)
async def test_an_address_that_is_not_trusted_is_not_asked(
    studio: httpx.AsyncClient, pictures: PictureServer, path: str
) -> None:
    before = len(pictures.asked_for)
    reply = await studio.post("/process-face-cut", json={"image_url": pictures.origin + path})
    assert read_refusal(reply) == (400, "image_url_not_allowed")
    assert len(pictures.asked_for) == before


async def test_a_picture_that_is_not_there_is_not_found(
    studio: httpx.AsyncClient, pictures: PictureServer
) -> None:
    url = f"{pictures.origin}/uploads/temp/gone.jpg"
    reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert read_refusal(reply) == (404, "image_not_found")


async def test_a_fetched_file_that_is_no_picture_is_refused(
    studio: httpx.AsyncClient, pictures: PictureServer
) -> None:
    url = pictures.put("1_text.jpg", b"<html>not a picture</html>")
    reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert read_refusal(reply) == (400, "unsupported_image_type")


async def test_a_face_beyond_the_last_is_refused(
    studio: httpx.AsyncClient, pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    cartoon = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    url = pictures.put("1_one.jpg", cartoon.content)
    reply = await studio.post("/process-face-cut", json={"image_url": url, "face": 1})
    assert read_refusal(reply) == (400, "unknown_face")


async def test_an_unknown_route_and_a_wrong_method_are_told_in_our_shape(studio: httpx.AsyncClient) -> None:
    assert read_refusal(await studio.get("/nothing")) == (404, "route_not_found")
    assert read_refusal(await studio.get("/generate-cartoon")) == (405, "method_not_allowed")
    assert read_refusal(await studio.get("/docs")) == (404, "route_not_found")


def make_png_header(width: int, height: int) -> bytes:
    """A PNG that is only its header and its end."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def make_animated_webp() -> bytes:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()

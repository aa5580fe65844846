"""What must be refused: with the right status and sentence, in our shape, quickly, and nothing stored.

All tests share one gallery: refusals change nothing.
"""

import io
import struct
import uuid
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from tests.databases import Databases
from tests.heif_files import build_heic
from tests.http.gallery.running import ADDRESS, Json, RunningGallery, read_data, read_failure, running_gallery

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN_ID = "507f1f77bcf86cd799439011"
LIMIT = 10 * 1024 * 1024
MISSING = 'Missing image file. The photo belongs in the form field "image".'
NO_PICTURE = "This file isn't a picture we can read. Please send a JPEG, PNG, WebP, HEIC or AVIF."
TOO_LARGE = (
    "The picture has 50000 × 50000 pixels. Please send one of at most 50 megapixels and no side over 16384 "
    "pixels."
)
DAMAGED = "The picture is damaged or incomplete. Please send it again or choose another one."
NOT_A_DEVICE = "Invalid device_id format. The header x-device-id must be a UUID."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gallery(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[RunningGallery]:
    async with running_gallery(tmp_path_factory.mktemp("data"), databases=databases) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def uploaded(gallery: RunningGallery, photo: bytes) -> Json:
    """What was there before."""
    return await gallery.upload(photo)


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def nothing_is_stored(gallery: RunningGallery, uploaded: Json) -> AsyncIterator[None]:
    """After every test here, rows and files are what they were."""
    before = gallery.stored()
    yield
    assert gallery.stored() == before


def make_png(width: int, height: int, *, with_pixels: bool = True) -> bytes:
    """A black PNG of one bit; only its pixels' checksum is wrong, which nobody may live to see."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    if not with_pixels:
        return start
    packer = zlib.compressobj()
    black = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    pixels = black * ((width // 8 + 1) * height // 1_000_000 + 1)
    return start + chunk(b"IDAT", pixels + packer.flush()) + chunk(b"IEND", b"")


def make_animated_webp() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


@pytest.mark.parametrize(
    "device",
    [
        None,
        "",
        "not-a-uuid",
        "123e4567e89b12d3a456426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "123e4567-e89b-12d3-a456-42661417400g",
        "123e4567-e89b-12d3-a456-4266141740000",
        "123e4567-e89b-12d3-a456-426614174000, 123e4567-e89b-12d3-a456-426614174000",
        "１23e4567-e89b-12d3-a456-426614174000",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/upload"),
        ("POST", f"/api/regenerate/{UNKNOWN_ID}"),
        ("POST", f"/api/download/{UNKNOWN_ID}"),
        ("GET", "/api/originals"),
        ("GET", "/api/downloaded-faces"),
    ],
)
async def test_a_request_without_a_proper_device_id(
    gallery: RunningGallery, photo: bytes, method: str, path: str, device: str | None
) -> None:
    request = httpx.Request(
        method,
        ADDRESS + path,
        headers=[] if device is None else [(b"x-device-id", device.encode())],
        files={"image": photo} if path == "/api/upload" else None,
    )

    reply = await gallery.client.send(request)

    assert read_failure(reply) == (400, "invalid_device_id", NOT_A_DEVICE)


async def test_capitals_make_no_other_device(gallery: RunningGallery, uploaded: Json) -> None:
    reply = await gallery.client.get("/api/originals", headers={"x-device-id": gallery.device.upper()})

    assert read_data(reply)["count"] == 1


async def test_no_body_at_all(gallery: RunningGallery) -> None:
    reply = await gallery.client.post("/api/upload")

    assert read_failure(reply) == (
        400,
        "missing_file",
        "Missing image file. Send the photo as multipart/form-data.",
    )


async def test_json_in_place_of_a_form(gallery: RunningGallery) -> None:
    reply = await gallery.client.post("/api/upload", json={"image": "x"})

    assert read_failure(reply)[:2] == (400, "missing_file")


async def test_a_form_without_a_file(gallery: RunningGallery) -> None:
    reply = await gallery.client.post("/api/upload", files={"style": (None, "comic")})

    assert read_failure(reply) == (400, "missing_file", MISSING)


async def test_a_file_in_the_wrong_field(gallery: RunningGallery, photo: bytes) -> None:
    reply = await gallery.client.post("/api/upload", files={"photo": ("me.jpg", photo)})

    assert read_failure(reply) == (400, "missing_file", MISSING)


async def test_two_files(gallery: RunningGallery, photo: bytes) -> None:
    files = [("image", ("a.jpg", photo)), ("image", ("b.jpg", photo))]
    reply = await gallery.client.post("/api/upload", files=files)

    assert read_failure(reply) == (400, "too_many_files", "Send one image file, not several.")


async def test_a_body_that_is_no_form(gallery: RunningGallery) -> None:
    reply = await gallery.client.post(
        "/api/upload", content=b"{}", headers={"content-type": "multipart/form-data; boundary=x"}
    )

    assert read_failure(reply) == (
        400,
        "invalid_request",
        "The form could not be read. Is it multipart/form-data?",
    )


async def test_a_form_that_breaks_off(gallery: RunningGallery, photo: bytes) -> None:
    request = gallery.client.build_request("POST", "/api/upload", files={"image": photo})
    body = request.read()[:-60]
    reply = await gallery.client.post(
        "/api/upload", content=body, headers={"content-type": request.headers["content-type"]}
    )

    assert read_failure(reply) == (
        400,
        "incomplete_upload",
        "The upload broke off before its end. Please try again.",
    )


@pytest.mark.parametrize(
    ("name", "content", "code", "sentence"),
    [
        ("an empty file", b"", "empty_file", "The image file is empty."),
        ("text", b"This is no picture.", "unsupported_image_type", NO_PICTURE),
        ("a GIF", b"GIF89a" + bytes(60), "unsupported_image_type", NO_PICTURE),
        ("an SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_image_type", NO_PICTURE),
        ("a JPEG of two bytes", b"\xff\xd8", "unsupported_image_type", NO_PICTURE),
        ("only a header", make_png(640, 480, with_pixels=False), "unreadable_image", DAMAGED),
        ("a HEIC of nothing", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unreadable_image", DAMAGED),
        (
            "a PNG of 50,000 × 50,000 pixels",
            make_png(50_000, 50_000),
            "image_too_large",
            TOO_LARGE,
        ),
        (
            "an animated WebP",
            make_animated_webp(),
            "animated_image",
            "The picture is animated. Please send a still photo.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
async def test_a_file_that_is_no_photo(
    gallery: RunningGallery, name: str, content: bytes, code: str, sentence: str
) -> None:
    reply = await gallery.post_photo(content)

    assert read_failure(reply) == (400, code, sentence)
    assert reply.elapsed.total_seconds() < 1
    assert len(gallery.studio.asked) == 1


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
async def test_a_truncated_jpeg(gallery: RunningGallery, photo: bytes, kept: float) -> None:
    reply = await gallery.post_photo(photo[: int(len(photo) * kept)])

    assert read_failure(reply) == (400, "unreadable_image", DAMAGED)


def pad(photo: bytes, size: int) -> bytes:
    """A JPEG with so much behind its end that the file has `size` bytes, as motion photos have it."""
    return photo + bytes(size - len(photo))


@pytest.mark.parametrize("kept", [0.2, 0.9])
async def test_a_truncated_heic(gallery: RunningGallery, kept: float) -> None:
    photo = build_heic()
    reply = await gallery.post_photo(photo[: int(len(photo) * kept)])

    assert read_failure(reply) == (400, "unreadable_image", DAMAGED)


@pytest.mark.parametrize("size", [LIMIT + 1, 11_000_000, 30_000_000])
async def test_a_file_over_the_limit(gallery: RunningGallery, photo: bytes, size: int) -> None:
    reply = await gallery.post_photo(pad(photo, size))

    assert read_failure(reply) == (400, "file_too_large", "File size exceeds limit (10MB).")


async def test_a_file_without_end_and_without_a_length(gallery: RunningGallery) -> None:
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n\xff\xd8\xff'
        while True:
            sent += 65536
            yield bytes(65536)

    reply = await gallery.client.post(
        "/api/upload", content=without_end(), headers={"content-type": "multipart/form-data; boundary=x"}
    )

    assert read_failure(reply)[:2] == (400, "file_too_large")
    assert reply.headers["connection"] == "close"
    assert sent < LIMIT + 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("fields", "code", "sentence"),
    [
        (
            {"style": "no-such-style"},
            "unknown_style",
            "There is no style of this name. Choose one of: comic, sketch.",
        ),
        ({"style": "../../x"}, "invalid_request", "style must be the name of a style."),
        ({"style": "x" * 5000}, "invalid_request", "style is too long."),
        ({"seed": "-1"}, "invalid_request", "seed must be a whole number from 0 to 2147483647."),
        ({"seed": "2147483648"}, "invalid_request", "seed must be a whole number from 0 to 2147483647."),
        ({"seed": "seven"}, "invalid_request", "seed must be a whole number from 0 to 2147483647."),
    ],
)
async def test_wishes_that_cannot_be_granted(
    gallery: RunningGallery, uploaded: Json, photo: bytes, fields: dict[str, str], code: str, sentence: str
) -> None:
    first = await gallery.post_photo(photo, data=fields)
    again = await gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}", data=fields)

    assert read_failure(first) == (400, code, sentence)
    assert read_failure(again)[:2] == (400, code)


@pytest.mark.parametrize(
    "text", ["1", "xyz", "507f1f77bcf86cd79943901", "507f1f77bcf86cd7994390111", "g" * 24, "%00" * 24]
)
@pytest.mark.parametrize(("route", "name"), [("regenerate", "originalId"), ("download", "cartoonId")])
async def test_a_malformed_id(gallery: RunningGallery, route: str, name: str, text: str) -> None:
    reply = await gallery.client.post(f"/api/{route}/{text}")

    assert read_failure(reply) == (
        400,
        "invalid_id",
        f"Invalid {name} format. It must be 24 hexadecimal digits.",
    )


ORIGINAL_NOT_FOUND = (404, "original_not_found", "This photo is not here. It may have been deleted.")
CARTOON_NOT_FOUND = (
    404,
    "cartoon_not_found",
    "This cartoon is not here. Once one is downloaded, the others are deleted.",
)


async def test_an_unknown_id_and_another_devices_get_the_same_404(
    gallery: RunningGallery, uploaded: Json
) -> None:
    stranger = gallery.for_device()
    for headers, original_id, cartoon_id in (
        ({}, UNKNOWN_ID, UNKNOWN_ID),
        (stranger, uploaded["original"]["id"], uploaded["cartoon"]["id"]),
    ):
        again = await gallery.client.post(f"/api/regenerate/{original_id}", headers=headers)
        cut = await gallery.client.post(f"/api/download/{cartoon_id}", headers=headers)
        assert read_failure(again) == ORIGINAL_NOT_FOUND
        assert read_failure(cut) == CARTOON_NOT_FOUND


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("page=0", "page must be at least 1."),
        ("page=-1", "page must be at least 1."),
        ("page=", "page must be a whole number."),
        ("page=1.5", "page must be a whole number."),
        ("page=1_0", "page must be a whole number."),
        ("page=%2B1", "page must be a whole number."),
        ("page=%201", "page must be a whole number."),
        ("page=01", "page must be a whole number."),
        ("page=99999999999999999999", "page must be at most 1000000000."),
        ("page=" + "9" * 5000, "page must be a whole number."),
        ("limit=0", "limit must be at least 1."),
        ("limit=1000000", "limit must be at most 100."),
        ("limit=abc", "limit must be a whole number."),
    ],
    ids=lambda value: value[:30],
)
@pytest.mark.parametrize("path", ["/api/originals", "/api/downloaded-faces"])
async def test_a_page_that_cannot_be(gallery: RunningGallery, path: str, query: str, sentence: str) -> None:
    reply = await gallery.client.get(f"{path}?{query}")

    assert read_failure(reply) == (400, "invalid_request", sentence)


@pytest.mark.parametrize(
    "path", ["/api", "/api/unknown", "/api/upload/", "/redoc", "/favicon.ico", "/api//originals"]
)
async def test_an_unknown_route(gallery: RunningGallery, path: str) -> None:
    reply = await gallery.client.get(path)

    assert read_failure(reply) == (404, "route_not_found", "There is nothing at this address.")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/upload", "POST"),
        ("DELETE", "/api/originals", "GET"),
        ("PUT", f"/api/regenerate/{UNKNOWN_ID}", "POST"),
        ("POST", "/uploads/originals/1736123456789_abc12345.jpg", "GET"),
    ],
)
async def test_a_wrong_method(gallery: RunningGallery, method: str, path: str, allowed: str) -> None:
    reply = await gallery.client.request(method, path)

    assert read_failure(reply) == (405, "method_not_allowed", f"This address does not take {method}.")
    assert allowed in reply.headers["allow"]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b'"x"', "application/json"),
        (b"[" * 5000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"not a form", "multipart/form-data; boundary=x"),
        (b'{"seed": 1.5}', "application/json"),
        (b'{"seed": true}', "application/json"),
        (b'{"style": 7}', "application/json"),
    ],
)
async def test_a_body_that_cannot_be_read(
    gallery: RunningGallery, uploaded: Json, content: bytes, content_type: str
) -> None:
    reply = await gallery.client.post(
        f"/api/regenerate/{uploaded['original']['id']}",
        content=content,
        headers={"content-type": content_type},
    )

    assert read_failure(reply)[:2] == (400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"format": "gif"}, "format must be jpg, png or webp."),
        ({"shape": "star"}, "shape must be head, face or square."),
        ({"face": -1}, "face must be a whole number from 0 to 99."),
        ({"face": "first"}, "face must be a whole number from 0 to 99."),
        ({"sticker": "yes"}, "sticker must be true or false."),
        ({"level": 1}, "level must be true or false."),
        ({"size": 31}, "size must be a whole number from 32 to 2048."),
        ({"size": 2049}, "size must be a whole number from 32 to 2048."),
    ],
)
async def test_a_cut_that_cannot_be(
    gallery: RunningGallery, uploaded: Json, body: dict[str, object], sentence: str
) -> None:
    reply = await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}", json=body)

    assert read_failure(reply) == (400, "invalid_request", sentence)


async def test_a_device_that_was_never_seen_has_empty_lists_and_gets_no_row(gallery: RunningGallery) -> None:
    stranger = gallery.for_device(str(uuid.uuid1()))
    originals = read_data(await gallery.client.get("/api/originals", headers=stranger))
    faces = read_data(await gallery.client.get("/api/downloaded-faces", headers=stranger))

    assert originals == {"originals": [], "count": 0}
    assert faces == {
        "downloadedFaces": [],
        "pagination": {"page": 1, "limit": 50, "total": 0, "pages": 0},
    }


async def test_no_host_header_no_address_to_hand_out(gallery: RunningGallery) -> None:
    reply = await gallery.client.get("/api/originals", headers={"host": "evil.example/path?"})

    assert read_failure(reply) == (400, "invalid_request", "The Host header must name the server.")


async def test_failures_are_not_cached(gallery: RunningGallery) -> None:
    reply = await gallery.client.get("/api/unknown")

    assert reply.headers["cache-control"] == "no-store"

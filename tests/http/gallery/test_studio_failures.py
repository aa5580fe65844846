"""What people hear when the studio refuses, breaks, hangs or talks nonsense. Nothing is stored or lost."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
from PIL import Image
from starlette.responses import Response

from tests.databases import Databases
from tests.http.gallery.fake_studio import AskedForCartoon, draw, refuse, wrap_in_form
from tests.http.gallery.running import (
    NOTHING_STORED,
    RunningGallery,
    read_data,
    read_failure,
    running_gallery,
)

FAILED = "The drawing server could not finish the picture. Please try again."
NO_PICTURE = "The drawing server sent no picture. Please try again."


def answer(content: bytes, media_type: str = "image/jpeg") -> Callable[[], Response]:
    return lambda: Response(content, media_type=media_type)


def form(content: bytes) -> Callable[[], Response]:
    return answer(content, "multipart/form-data; boundary=edge")


FAILURES: dict[str, tuple[Callable[[], Response], int, str, str]] = {
    "crash": (refuse(500, "internal_error"), 500, "studio_failed", FAILED),
    "gateway": (lambda: Response("<h1>Bad gateway</h1>", 502), 500, "studio_failed", FAILED),
    "redirect": (
        lambda: Response(status_code=302, headers={"Location": "http://elsewhere/"}),
        500,
        "studio_failed",
        FAILED,
    ),
    "wrong token": (refuse(401, "not_authorised"), 500, "studio_failed", FAILED),
    "nothing": (answer(b""), 500, "studio_failed", FAILED),
    "text": (answer(b"<h1>Hello</h1>", "text/html"), 500, "studio_failed", NO_PICTURE),
    "JSON": (answer(b'{"ok": true}', "application/json"), 500, "studio_failed", NO_PICTURE),
    "half a header": (answer(b"\xff\xd8\xff\xe0\x00"), 500, "studio_failed", NO_PICTURE),
    "an empty form": (
        form(b"--edge--\r\n"),
        500,
        "studio_failed",
        FAILED,
    ),
    "half a form": (form(wrap_in_form(b"\xff\xd8\xff", end=b"")), 500, "studio_failed", FAILED),
    "a form without boundary": (answer(b"x", "multipart/form-data"), 500, "studio_failed", FAILED),
    "no face": (refuse(422, "no_face_found"), 422, "no_face_found", "The studio says no_face_found."),
    "no face, in other words": (
        lambda: Response('{"detail": []}', 422),
        422,
        "no_face_found",
        "No face was found in the photo. Please try another one.",
    ),
    "unreadable": (
        refuse(400, "unreadable_image"),
        400,
        "unreadable_image",
        "The studio says unreadable_image.",
    ),
    "unreadable, in other words": (
        lambda: Response("cv2.error at /srv/app.py", 415),
        400,
        "unreadable_image",
        "The photo could not be read. Please try another one.",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_upload_leaves_no_row_and_no_file(
    gallery: RunningGallery, photo: bytes, failure: str
) -> None:
    reply, status, code, sentence = FAILURES[failure]
    gallery.studio.reply = reply

    assert read_failure(await gallery.post_photo(photo)) == (status, code, sentence)
    assert gallery.stored() == NOTHING_STORED


async def test_a_failed_regeneration_changes_nothing(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]
    before = gallery.stored()
    gallery.studio.reply = refuse(500, "internal_error")

    reply = await gallery.client.post(f"/api/regenerate/{original['id']}")

    assert read_failure(reply) == (500, "studio_failed", FAILED)
    assert gallery.stored() == before


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (refuse(422, "no_face_found"), (422, "no_face_found", "The studio says no_face_found.")),
        (refuse(400, "unknown_face"), (400, "unknown_face", "The studio says unknown_face.")),
        (refuse(500, "internal_error"), (500, "studio_failed", FAILED)),
        (
            refuse(400, "image_url_not_allowed"),
            (500, "studio_failed", FAILED),
        ),
        (answer(b"no picture"), (500, "studio_failed", NO_PICTURE)),
    ],
)
async def test_a_failed_download_deletes_nothing(
    gallery: RunningGallery, photo: bytes, reply: Callable[[], Response], expected: tuple[int, str, str]
) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]
    before = gallery.stored()
    gallery.studio.reply = reply

    failed = await gallery.client.post(f"/api/download/{cartoon['id']}")

    assert read_failure(failed) == expected
    assert gallery.stored() == before
    gallery.studio.reply = None
    read_data(await gallery.client.post(f"/api/download/{cartoon['id']}"))


async def test_a_busy_studio_is_busy_here_too(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.reply = refuse(503, "busy", headers={"Retry-After": "7"})

    reply = await gallery.post_photo(photo)

    assert read_failure(reply) == (
        503,
        "studio_busy",
        "The drawing server is busy. Please try again in a moment.",
    )
    assert reply.headers["retry-after"] == "7"
    assert gallery.stored() == NOTHING_STORED


async def test_a_studio_that_hangs_is_given_up(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, studio_timeout_seconds=0.2) as gallery:
        gallery.studio.before_reply = asyncio.Event().wait  # type: ignore[assignment] # never set

        reply = await gallery.post_photo(photo)

        assert read_failure(reply) == (
            500,
            "studio_failed",
            "The drawing server took too long. Please try again.",
        )
        assert gallery.stored() == NOTHING_STORED


async def test_a_studio_that_is_well_and_too_slow_has_too_much_to_do(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, studio_timeout_seconds=0.2) as gallery:
        gallery.studio.is_alive = True
        gallery.studio.before_reply = asyncio.Event().wait  # type: ignore[assignment] # never set
        replies = [await gallery.post_photo(photo) for _ in range(6)]

        for reply in replies:  # which isn't a failure that keeps others from asking
            assert read_failure(reply)[:2] == (503, "studio_busy")
            assert reply.headers["retry-after"] == "15"
        assert gallery.stored() == NOTHING_STORED


async def test_a_studio_that_is_not_there(tmp_path: Path, photo: bytes, unused_tcp_port: int) -> None:
    transport = httpx.AsyncHTTPTransport()
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    async with running_gallery(tmp_path, studio_transport=transport, studio_url=nowhere) as gallery:
        reply = await gallery.post_photo(photo)

        assert read_failure(reply) == (
            500,
            "studio_failed",
            "The drawing server does not answer. Please try again later.",
        )
        assert gallery.stored() == NOTHING_STORED


async def test_a_studio_that_keeps_failing_is_left_alone_for_a_while(
    gallery: RunningGallery, photo: bytes
) -> None:
    gallery.studio.reply = refuse(500, "internal_error")
    for _ in range(5):
        assert (await gallery.post_photo(photo)).status_code == 500
    asked = len(gallery.studio.asked)
    gallery.studio.reply = None

    reply = await gallery.post_photo(photo)

    assert read_failure(reply) == (
        503,
        "studio_unavailable",
        "Drawing is not possible at the moment. Please try again in a moment.",
    )
    assert 1 <= int(reply.headers["retry-after"]) <= 10
    assert len(gallery.studio.asked) == asked
    assert gallery.stored() == NOTHING_STORED


async def test_failures_of_galleries_on_one_database_count_together(
    tmp_path: Path, photo: bytes, databases: Databases
) -> None:
    start = partial(running_gallery, tmp_path / "data", databases=databases, rate_limits_url="database://")
    async with (
        start() as one,
        start() as other,
        start() as untroubled,
    ):
        for gallery in (one, other):
            gallery.studio.reply = refuse(500, "internal_error")
        failing = [one, one, one, other, other, other, one, one]

        statuses = [(await gallery.post_photo(photo)).status_code for gallery in failing]

        # The fifth failure is the other's second; this one gives up at its next.
        assert statuses == [500, 500, 500, 500, 500, 503, 500, 503]
        assert (await untroubled.post_photo(photo)).status_code == 200


async def test_nonsense_also_counts_as_failure(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.reply = answer(b"")
    statuses = [(await gallery.post_photo(photo)).status_code for _ in range(6)]

    assert statuses == [500] * 5 + [503]


async def test_refusals_do_not_count_as_failures(gallery: RunningGallery, photo: bytes) -> None:
    gallery.studio.reply = refuse(422, "no_face_found")
    statuses = [(await gallery.post_photo(photo)).status_code for _ in range(8)]

    assert statuses == [422] * 8


async def test_a_cartoon_in_a_form_is_understood(gallery: RunningGallery, photo: bytes) -> None:
    cartoon = draw(photo, style="comic", seed=5)
    gallery.studio.reply = form(wrap_in_form(cartoon))

    url = (await gallery.upload(photo))["cartoon"]["imageUrl"]

    assert (await gallery.client.get(url)).content == cartoon


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_a_cartoon_of_another_kind_becomes_a_jpeg(
    gallery: RunningGallery, photo: bytes, kind: str
) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(photo)).save(file, kind)
    gallery.studio.reply = answer(file.getvalue(), "application/octet-stream")

    url = (await gallery.upload(photo))["cartoon"]["imageUrl"]
    reply = await gallery.client.get(url)

    assert url.partition("?")[0].endswith(".jpg")
    assert reply.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(reply.content)).format == "JPEG"


@pytest.fixture
async def foreign(tmp_path: Path) -> AsyncIterator[RunningGallery]:
    """A gallery whose AI server knows the guide and nothing else."""
    async with running_gallery(tmp_path / "data") as gallery:
        gallery.studio.is_foreign = True
        yield gallery


async def test_the_whole_guide_works_with_somebody_elses_server(
    foreign: RunningGallery, photo: bytes
) -> None:
    uploaded = await foreign.upload(photo)
    again = read_data(await foreign.client.post(f"/api/regenerate/{uploaded['original']['id']}"))
    face = read_data(await foreign.client.post(f"/api/download/{again['cartoon']['id']}"))
    styles = read_data(await foreign.client.get("/api/styles"))

    first = uploaded["cartoon"]
    assert (first["style"], first["seed"], first["faces"]) == (None, None, None)
    assert (again["cartoon"]["style"], again["cartoon"]["faces"]) == (None, None)
    assert (await foreign.client.get(face["downloadedFace"]["faceUrl"])).status_code == 200
    assert styles == {"styles": []}
    asked = [one for one in foreign.studio.asked if isinstance(one, AskedForCartoon)]
    assert [one.style for one in asked] == [None, None]

"""What the gallery relies on in an AI server, whoever wrote it, and what it relies on in ours.

`any_studio` is each of `STUDIOS` in turn: so the gallery's own tests may trust their fake.
"""

import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from tests.http.gallery.fake_studio import FakeStudio
from tests.http.studio.picture_server import PictureServer
from tests.http.studio.running import make_settings, running_studio
from toonbooth.contract import (
    FACES_HEADER,
    GEOMETRY_HEADER,
    SEED_HEADER,
    STYLE_HEADER,
    decode_faces_header,
)
from toonbooth.kit.multipart import MultipartReader, PartData, PartStart

pytestmark = pytest.mark.asyncio(loop_scope="session")

OpenStudio = Callable[[PictureServer], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Starts a studio that may fetch pictures from a server."""


def open_our_studio(pictures: PictureServer) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    return running_studio(make_settings(pictures))


@asynccontextmanager
async def open_fake_studio(_pictures: PictureServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as fetch:
        transport = httpx.ASGITransport(FakeStudio(fetch).app)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio.example") as client:
            yield client


STUDIOS: dict[str, OpenStudio] = {"ours": open_our_studio, "the gallery's fake": open_fake_studio}


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=STUDIOS.values(), ids=STUDIOS.keys())
async def any_studio(
    request: pytest.FixtureRequest, pictures: PictureServer
) -> AsyncIterator[httpx.AsyncClient]:
    async with request.param(pictures) as client:
        yield client


async def test_a_photo_becomes_a_jpeg(any_studio: httpx.AsyncClient, astronaut_jpeg: bytes) -> None:
    reply = await any_studio.post("/generate-cartoon", files={"image": ("original.jpg", astronaut_jpeg)})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "image/jpeg"
    assert read_size(reply.content) == (512, 512)


async def test_a_cartoon_says_how_it_was_drawn_and_who_is_in_it(
    any_studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    reply = await any_studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    assert reply.headers[STYLE_HEADER]
    assert 0 <= int(reply.headers[SEED_HEADER]) < 2**31
    faces = decode_faces_header(reply.headers[FACES_HEADER])
    assert faces is not None
    (face,) = faces
    x, y, width, height = face.box
    assert 0.3 < x < x + width < 0.6  # where Eileen Collins' face is
    assert 0.05 < y < y + height < 0.5
    assert 0.5 < face.score <= 1


async def test_style_and_seed_are_taken_and_the_same_seed_draws_the_same(
    any_studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    style = (await any_studio.get("/styles")).json()["data"]["styles"][0]["name"]
    replies = [
        await any_studio.post(
            "/generate-cartoon", files={"image": astronaut_jpeg}, data={"style": style, "seed": str(seed)}
        )
        for seed in (7, 7, 8)
    ]
    assert [reply.headers[SEED_HEADER] for reply in replies] == ["7", "7", "8"]
    assert {reply.headers[STYLE_HEADER] for reply in replies} == {style}
    assert replies[0].content == replies[1].content != replies[2].content


async def test_without_a_seed_every_drawing_is_another(
    any_studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    first, second = [
        await any_studio.post("/generate-cartoon", files={"image": astronaut_jpeg}) for _ in range(2)
    ]
    assert first.headers[SEED_HEADER] != second.headers[SEED_HEADER]


async def test_a_form_is_sent_to_those_who_ask_for_one(
    studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    reply = await studio.post(
        "/generate-cartoon", files={"image": astronaut_jpeg}, headers={"Accept": "multipart/form-data"}
    )
    reader = MultipartReader(reply.headers["content-type"])
    start, *rest = reader.feed(reply.content)
    assert start == PartStart("image", is_file=True)
    content = b"".join(event.data for event in rest if isinstance(event, PartData))
    assert read_size(content) == (512, 512)
    assert reader.ended
    assert reply.headers[SEED_HEADER]


async def test_a_face_is_cut_out_of_a_cartoon(
    any_studio: httpx.AsyncClient, pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    cartoon = await any_studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    image_url = pictures.put("1_a.jpg", cartoon.content)
    reply = await any_studio.post("/process-face-cut", json={"image_url": image_url})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.headers[GEOMETRY_HEADER] == "metadata"
    width, height = read_size(reply.content)
    assert 100 < width < 400
    assert 100 < height < 400


async def test_a_picture_of_nobody_is_drawn_but_has_no_face_to_cut(
    studio: httpx.AsyncClient, pictures: PictureServer, nobody_jpeg: bytes
) -> None:
    cartoon = await studio.post("/generate-cartoon", files={"image": nobody_jpeg})
    assert cartoon.status_code == 200
    assert decode_faces_header(cartoon.headers[FACES_HEADER]) == ()
    image_url = pictures.put("1_nobody.jpg", cartoon.content)
    reply = await studio.post("/process-face-cut", json={"image_url": image_url})
    assert read_refusal(reply) == (422, "no_face_found")


async def test_what_is_no_picture_is_refused(studio: httpx.AsyncClient) -> None:
    reply = await studio.post("/generate-cartoon", files={"image": ("a.jpg", b"hello", "image/jpeg")})
    assert read_refusal(reply)[0] == 400


async def test_a_request_without_a_photo_is_refused(studio: httpx.AsyncClient) -> None:
    reply = await studio.post("/generate-cartoon", files={"photo": b"hello"})
    assert read_refusal(reply) == (400, "missing_file")


async def test_an_unknown_style_is_refused(studio: httpx.AsyncClient, astronaut_jpeg: bytes) -> None:
    reply = await studio.post(
        "/generate-cartoon", files={"image": astronaut_jpeg}, data={"style": "cubism-of-1912"}
    )
    assert read_refusal(reply) == (400, "unknown_style")


async def test_styles_have_a_name_a_title_a_line_and_a_preview(any_studio: httpx.AsyncClient) -> None:
    reply = await any_studio.get("/styles")
    styles = reply.json()["data"]["styles"]
    assert reply.json()["success"] is True
    assert styles
    for style in styles:
        assert set(style) == {"name", "title", "line", "previewUrl", "model"}
        preview = await any_studio.get(style["previewUrl"])
        assert preview.headers["content-type"] == "image/webp"
        assert preview.headers["cache-control"].startswith("public")
        assert read_size(preview.content) == (320, 320)


async def test_a_studio_that_runs_is_healthy(studio: httpx.AsyncClient) -> None:
    assert (await studio.get("/health")).status_code == 200


def read_size(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return picture.size


def read_refusal(reply: httpx.Response) -> tuple[int, str]:
    body = json.loads(reply.content)
    assert set(body) == {"success", "error", "code"}
    assert body["success"] is False
    assert body["error"][-1] in ".?"
    return reply.status_code, body["code"]

"""The studio tells how far it is, to those who ask for it."""

import asyncio
import io
import json
from base64 import b64decode
from collections.abc import Mapping

import httpx
import pytest
from PIL import Image

from tests.http.gallery.running import listening
from tests.http.studio.picture_server import PictureServer
from tests.http.studio.running import make_settings
from toonbooth.contract import STAGES
from toonbooth.kit.multipart import MultipartReader, PartData, PartEnd, PartStart
from toonbooth.studio.app import create_app
from toonbooth.studio.telling import prefers_news

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKING = {"accept": "multipart/mixed, image/*;q=0.9, */*;q=0.5"}
FIELDS = {"style": "comic", "seed": "7"}


async def ask(
    studio: httpx.AsyncClient, photo: bytes, headers: dict[str, str], **fields: str
) -> httpx.Response:
    return await studio.post("/generate-cartoon", files={"image": photo}, data=fields, headers=headers)


def read_parts(reply: httpx.Response) -> list[tuple[Mapping[str, str], bytes]]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("multipart/mixed; boundary=")
    reader = MultipartReader(reply.headers["content-type"], wanted_type="multipart/mixed")
    parts: list[tuple[Mapping[str, str], bytes]] = []
    for event in reader.feed(reply.content):
        if isinstance(event, PartStart):
            parts.append((event.headers, b""))
        elif isinstance(event, PartData):
            parts[-1] = (parts[-1][0], parts[-1][1] + event.data)
        else:
            assert isinstance(event, PartEnd)
    assert reader.ended
    return parts


async def test_every_stage_is_told_and_the_picture_is_the_same(
    studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    plain = await ask(studio, astronaut_jpeg, {}, **FIELDS)
    *news, (headers, picture) = read_parts(await ask(studio, astronaut_jpeg, ASKING, **FIELDS))
    told = [json.loads(content) for part, content in news]

    assert {part["content-type"] for part, _ in news} == {"application/json"}
    assert [each["stage"] for each in told] == list(STAGES)
    assert picture == plain.content
    for name in ("content-type", "x-toonbooth-style", "x-toonbooth-seed", "x-toonbooth-faces"):
        assert headers[name] == plain.headers[name]
    preview = Image.open(io.BytesIO(b64decode(told[0]["preview"])))
    assert (preview.format, max(preview.size)) == ("JPEG", 240)
    assert not any("preview" in each for each in told[1:])


async def test_what_is_wrong_from_the_beginning_is_answered_as_always(studio: httpx.AsyncClient) -> None:
    for photo, fields, code in (
        (b"no picture", {}, "unsupported_image_type"),
        (b"", {}, "empty_file"),
        (b"x", {"style": "unheard-of"}, "unknown_style"),
    ):
        reply = await ask(studio, photo, ASKING, **fields)
        assert (reply.status_code, reply.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        (ASKING["accept"], True),
        ("multipart/mixed", True),
        ("*/*", False),
        ("multipart/mixed, */*", False),
        ("image/jpeg, multipart/mixed;q=0.5", False),
        (None, False),
    ],
)
async def test_only_who_prefers_news_gets_them(accept: str | None, preferred: bool) -> None:
    assert prefers_news(accept) == preferred


async def test_places_in_the_queue_are_told_and_who_leaves_frees_the_worker(
    pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    app = create_app(make_settings(pictures, max_waiting=4))
    async with app.router.lifespan_context(app), listening(app) as port:
        studio = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)
        async with studio:
            asked = [asyncio.create_task(ask(studio, astronaut_jpeg, ASKING)) for _ in range(3)]
            told = [[json.loads(content) for part, content in read_parts(await each)[:-1]] for each in asked]
            places = sorted(
                [each["queuePosition"] for each in news if "queuePosition" in each] for news in told
            )
            assert places in ([[], [0], [1, 0]], [[], [0], [0]])

            pool = app.state.services.pool
            leaving = asyncio.create_task(ask(studio, astronaut_jpeg, ASKING))
            async with asyncio.timeout(20):
                while pool._idle:  # noqa: ASYNC110 - until it is at work
                    await asyncio.sleep(0.001)
                leaving.cancel()
                while not pool._idle:  # noqa: ASYNC110 - until it is free again
                    await asyncio.sleep(0.001)
            (await ask(studio, astronaut_jpeg, {})).raise_for_status()

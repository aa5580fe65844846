"""The studio as a service: who may come in, how many, and what a face cut can be."""

import asyncio
import io

import httpx
import pytest
from PIL import Image

from tests.http.studio.picture_server import PictureServer
from tests.http.studio.running import make_settings, running_studio
from tests.http.studio.test_contract import read_refusal
from toonbooth.contract import GEOMETRY_HEADER
from toonbooth.imaging.pixels import ByteImage
from toonbooth.kit.errors import StartError

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("options", "media_type", "mode"),
    [
        ({}, "image/jpeg", "RGB"),
        ({"format": "png"}, "image/png", "RGBA"),
        ({"format": "webp", "shape": "face"}, "image/webp", "RGBA"),
        ({"format": "jpg", "shape": "square", "face": 0}, "image/jpeg", "RGB"),
    ],
)
async def test_a_face_cut_has_the_format_and_shape_that_were_asked_for(
    studio: httpx.AsyncClient,
    pictures: PictureServer,
    astronaut_jpeg: bytes,
    options: dict[str, object],
    media_type: str,
    mode: str,
) -> None:
    cartoon = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    url = pictures.put("1_shapes.jpg", cartoon.content)
    reply = await studio.post("/process-face-cut", json={"image_url": url, **options})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == media_type
    with Image.open(io.BytesIO(reply.content)) as picture:
        assert picture.mode == mode
        if options.get("shape") == "square":
            assert picture.width == picture.height


async def test_a_photo_that_is_not_ours_is_cut_by_the_detectors(
    studio: httpx.AsyncClient, pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    url = pictures.put("1_photo.jpg", astronaut_jpeg)
    reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert reply.status_code == 200, reply.text
    assert reply.headers[GEOMETRY_HEADER] == "detectors"


async def test_a_face_cut_carries_no_metadata(
    studio: httpx.AsyncClient, pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    cartoon = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    url = pictures.put("1_bare.jpg", cartoon.content)
    for wanted in ("jpg", "png", "webp"):
        reply = await studio.post("/process-face-cut", json={"image_url": url, "format": wanted})
        with Image.open(io.BytesIO(reply.content)) as picture:
            assert not {"xmp", "exif", "XML:com.adobe.xmp"} & set(picture.info)


async def test_a_large_photo_becomes_a_cartoon_of_the_size_that_was_set(
    pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    async with running_studio(make_settings(pictures, max_side_pixels=256)) as studio:
        reply = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    with Image.open(io.BytesIO(reply.content)) as picture:
        assert picture.size == (256, 256)


async def test_with_a_token_only_those_who_have_it_come_in(
    pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    token = "a-token-of-some-length"
    async with running_studio(make_settings(pictures, token=token)) as studio:
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {token}"}):
            reply = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg}, headers=given)
            assert read_refusal(reply) == (401, "not_authorised")
            reply = await studio.post("/process-face-cut", json={"image_url": "http://a/b"}, headers=given)
            assert read_refusal(reply) == (401, "not_authorised")
        accepted = await studio.post(
            "/generate-cartoon", files={"image": astronaut_jpeg}, headers={"Authorization": f"Bearer {token}"}
        )
        assert accepted.status_code == 200
        assert (await studio.get("/health")).status_code == 200


async def test_one_too_many_is_told_to_come_back(pictures: PictureServer, astronaut_jpeg: bytes) -> None:
    async with running_studio(make_settings(pictures, max_waiting=1)) as studio:
        replies = await asyncio.gather(
            *(studio.post("/generate-cartoon", files={"image": astronaut_jpeg}) for _ in range(4))
        )
        assert sorted(reply.status_code for reply in replies) == [200, 200, 503, 503]
        refusal = next(reply for reply in replies if reply.status_code == 503)
        assert read_refusal(refusal) == (503, "busy")
        assert 1 <= int(refusal.headers["retry-after"]) <= 10
        again = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
        assert again.status_code == 200


async def test_a_photo_that_takes_too_long_is_given_up(pictures: PictureServer, astronaut: ByteImage) -> None:
    """Of so small a photo the decoding takes no time, so the drawing does."""
    file = io.BytesIO()
    Image.fromarray(astronaut).resize((192, 192)).save(file, "JPEG")
    async with running_studio(make_settings(pictures, work_timeout_seconds=0.05)) as studio:
        reply = await studio.post("/generate-cartoon", files={"image": file.getvalue()})
        assert read_refusal(reply) == (500, "work_took_too_long")
        assert (await studio.get("/health")).status_code == 200


async def test_without_models_the_studio_does_not_start(pictures: PictureServer, tmp_path: object) -> None:
    with pytest.raises(StartError, match="toonbooth fetch-models"):
        async with running_studio(make_settings(pictures, models_dir=tmp_path)):
            pytest.fail("started")


async def test_every_style_looks_different_and_is_light(studio: httpx.AsyncClient) -> None:
    styles = (await studio.get("/styles")).json()["data"]["styles"]
    previews = [(await studio.get(style["previewUrl"])).content for style in styles]
    assert len(set(previews)) == len(styles) >= 6
    assert max(map(len, previews)) < 40_000


async def test_a_style_that_is_not_there_has_no_preview(studio: httpx.AsyncClient) -> None:
    assert read_refusal(await studio.get("/styles/cubism/preview")) == (404, "preview_not_found")


async def test_every_reply_has_a_request_id(studio: httpx.AsyncClient) -> None:
    reply = await studio.get("/health", headers={"X-Request-Id": "phone-12345678"})
    assert reply.headers["x-request-id"] == "phone-12345678"


async def test_the_description_names_all_that_the_contract_names(studio: httpx.AsyncClient) -> None:
    description = (await studio.get("/openapi.json")).json()
    paths = {"/generate-cartoon", "/process-face-cut", "/styles", "/styles/{style}/preview"}
    assert paths | {"/health", "/health/live", "/health/ready"} == set(description["paths"])
    drawing = description["paths"]["/generate-cartoon"]["post"]
    form = drawing["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"image", "style", "seed"}
    assert set(drawing["responses"]) == {"200", "400", "401", "422", "500", "503"}
    assert "image/jpeg" in drawing["responses"]["200"]["content"]


async def test_readiness_is_a_drawing_and_a_recent_one_will_do(
    studio: httpx.AsyncClient, astronaut_jpeg: bytes
) -> None:
    assert (await studio.get("/health/live")).json() == {"success": True, "data": {"status": "alive"}}
    drawn = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    ready = await studio.get("/health/ready")
    assert (drawn.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"success": True, "data": {"status": "ready"}}
    assert ready.headers["cache-control"] == "no-store"

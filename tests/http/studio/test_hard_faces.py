"""Cuts that are hard to make or to refuse: nobody, many, small, half out of view, and geometry that lies."""

import io
from collections.abc import Callable

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.http.studio.picture_server import PictureServer
from tests.http.studio.test_contract import read_refusal
from tests.pictures import read_pixels
from tests.unit.portrait_packet.test_packet import (
    append_a_million_points,
    move_landmarks_out_of_the_picture,
    with_geometry,
)
from toonbooth.contract import FACES_HEADER, GEOMETRY_HEADER, SCORE_HEADER, decode_faces_header
from toonbooth.imaging.codec import encode_jpeg
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.packet import NAMESPACE

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = "No face was found in this picture. Please choose another one."


@pytest.fixture(scope="module")
def head(astronaut: ByteImage) -> ByteImage:
    """The astronaut's head and shoulders; the face is 90 pixels wide."""
    return np.ascontiguousarray(astronaut[:270, 90:360])


def shrink(picture: ByteImage, factor: float) -> ByteImage:
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


async def test_nobody_in_a_foreign_picture_is_told_in_a_sentence(
    studio: httpx.AsyncClient, pictures: PictureServer, nobody_jpeg: bytes
) -> None:
    url = pictures.put("2_nobody.jpg", nobody_jpeg)
    reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert read_refusal(reply) == (422, "no_face_found")
    assert reply.json()["error"] == NOBODY


async def test_of_ten_faces_each_can_be_cut_and_an_eleventh_is_refused(
    studio: httpx.AsyncClient, pictures: PictureServer, head: ByteImage
) -> None:
    crowd = np.tile(shrink(head, 0.6), (2, 5, 1))
    drawn = await studio.post("/generate-cartoon", files={"image": encode_jpeg(crowd)})
    faces = decode_faces_header(drawn.headers[FACES_HEADER])
    assert faces is not None
    assert len(faces) == 10
    middles = [face.box[0] + face.box[2] / 2 for face in faces]
    assert np.diff(middles).min() > -0.001

    url = pictures.put("2_ten.jpg", drawn.content)
    for face in (0, 9):
        reply = await studio.post("/process-face-cut", json={"image_url": url, "face": face})
        assert reply.status_code == 200, reply.text
        assert 60 < max(read_pixels(reply.content).shape) < 200
    refused = await studio.post("/process-face-cut", json={"image_url": url, "face": 10})
    assert read_refusal(refused) == (400, "unknown_face")
    assert refused.json()["error"] == "There is no face 10: 10 found, counted from 0, left to right."


async def test_a_face_cut_by_the_pictures_edge_is_cut_as_far_as_it_goes(
    studio: httpx.AsyncClient, pictures: PictureServer, head: ByteImage
) -> None:
    half_gone = np.ascontiguousarray(head[:, 115:])
    url = pictures.put("2_edge.jpg", encode_jpeg(half_gone))
    reply = await studio.post("/process-face-cut", json={"image_url": url, "format": "png"})
    assert reply.status_code == 200, reply.text
    with Image.open(io.BytesIO(reply.content)) as cut_out:
        alpha = np.asarray(cut_out.getchannel("A"))
    assert 0.3 < (alpha > 127).mean() < 0.9


@pytest.mark.parametrize("side", [120, 1080])
async def test_a_face_of_thirty_pixels_is_cut(
    studio: httpx.AsyncClient, pictures: PictureServer, head: ByteImage, side: int
) -> None:
    small = shrink(head, 1 / 3)
    wall = np.full((side, side, 3), (150, 175, 190), np.uint8)
    wall[side - small.shape[0] :, 10 : 10 + small.shape[1]] = small
    url = pictures.put("2_small.jpg", encode_jpeg(wall))
    reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert reply.status_code == 200, reply.text
    assert 35 < max(read_pixels(reply.content).shape) < 110


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"hello", "unsupported_image_type"), (b"\xff\xd8\xff\xe0", "broken_image")],
)
async def test_a_file_that_is_no_image_is_told_in_a_sentence(
    studio: httpx.AsyncClient, pictures: PictureServer, content: bytes, code: str
) -> None:
    url = pictures.put("2_text.jpg", content)
    reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert read_refusal(reply) == (400, code)
    assert reply.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(lambda: with_geometry(move_landmarks_out_of_the_picture), id="points outside"),
        pytest.param(lambda: with_geometry(append_a_million_points), id="a million points"),
        pytest.param(lambda: b"<x:xmpmeta>somebody else's</x:xmpmeta>", id="not ours"),
        pytest.param(f"<x>{NAMESPACE}</x>".encode, id="our name, nothing else"),
    ],
)
async def test_geometry_that_lies_is_ignored(
    studio: httpx.AsyncClient, pictures: PictureServer, head: ByteImage, packet: Callable[[], bytes]
) -> None:
    honest = pictures.put("2_plain.jpg", encode_jpeg(head))
    lying = pictures.put("2_lie.jpg", encode_jpeg(head, xmp=packet()))
    expected = await studio.post("/process-face-cut", json={"image_url": honest})
    reply = await studio.post("/process-face-cut", json={"image_url": lying})
    assert reply.status_code == 200, reply.text
    assert reply.headers[GEOMETRY_HEADER] == "detectors"
    assert reply.content == expected.content


async def test_a_cut_can_be_upright_a_sticker_and_of_some_size(
    studio: httpx.AsyncClient, pictures: PictureServer, head: ByteImage
) -> None:
    url = pictures.put("2_options.jpg", encode_jpeg(head))
    wishes = {"format": "png", "sticker": True, "level": True, "size": 300}
    reply = await studio.post("/process-face-cut", json={"image_url": url, **wishes})
    assert reply.status_code == 200, reply.text
    with Image.open(io.BytesIO(reply.content)) as cut_out:
        assert max(cut_out.size) == 300


async def test_the_reply_and_the_log_say_how_the_face_was_found_and_how_sure_it_is(
    studio: httpx.AsyncClient, pictures: PictureServer, head: ByteImage, caplog: pytest.LogCaptureFixture
) -> None:
    url = pictures.put("2_sure.jpg", encode_jpeg(head))
    with caplog.at_level("INFO", logger="toonbooth.studio"):
        reply = await studio.post("/process-face-cut", json={"image_url": url})
    assert reply.headers[GEOMETRY_HEADER] == "detectors"
    assert 0.9 < float(reply.headers[SCORE_HEADER]) <= 1
    assert f"a face found by detectors, score {reply.headers[SCORE_HEADER]}" in caplog.text

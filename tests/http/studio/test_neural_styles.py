"""Networks that the operator brings: beside the drawn styles, and never in their way."""

import io
import logging
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.http.studio.picture_server import PictureServer
from tests.http.studio.running import make_settings, running_studio
from tests.http.studio.test_contract import read_refusal
from tests.networks import NEGATIVE_ONNX, NEGATIVE_TFLITE, write_manifest, write_onnx, write_tflite
from toonbooth.contract import LICENCE_HEADER, MODEL_HEADER, STYLE_HEADER
from toonbooth.drawing.styles import DEFAULT_STYLE
from toonbooth.kit.errors import StartError

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_onnx(tmp_path / NEGATIVE_ONNX, ("N", 3, 64, 48))
    write_tflite(tmp_path / NEGATIVE_TFLITE, (1, 64, 48, 3))
    write_manifest(tmp_path, NEGATIVE_ONNX, named="heads", input__wants="faces")
    write_manifest(tmp_path, NEGATIVE_TFLITE, model__licence="CC-BY-NC-4.0", model__commercial="no")
    return tmp_path


async def test_a_neural_style_is_listed_chosen_and_named(
    pictures: PictureServer, folder: Path, astronaut_jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings = make_settings(pictures, neural_styles_dir=folder, allow_noncommercial=True)
    async with running_studio(settings) as studio:
        styles = (await studio.get("/styles")).json()["data"]["styles"]
        assert styles[0]["name"] == DEFAULT_STYLE
        assert [style["name"] for style in styles[-2:]] == ["heads", "negative"]
        assert styles[0]["model"] is None
        assert styles[-1]["model"] == {
            "name": "Negative 1.0",
            "licence": "CC-BY-NC-4.0",
            "commercial": "no",
            "source": "made in this test",
        }
        preview = await studio.get(styles[-1]["previewUrl"])
        with Image.open(io.BytesIO(preview.content)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (320, 320))

        for name, licence in (("heads", "Apache-2.0"), ("negative", "CC-BY-NC-4.0")):
            reply = await studio.post(
                "/generate-cartoon", files={"image": astronaut_jpeg}, data={"style": name}
            )
            assert reply.status_code == 200, reply.text
            assert reply.headers[STYLE_HEADER] == name
            assert reply.headers[MODEL_HEADER] == "Negative 1.0"
            assert reply.headers[LICENCE_HEADER] == licence

        url = pictures.put("1_negative.jpg", reply.content)
        face = await studio.post("/process-face-cut", json={"image_url": url})
        assert face.status_code == 200, face.text
    assert (
        "negative: Negative 1.0, CC-BY-NC-4.0 (commercial use: no), runs on LiteRT on the CPU" in caplog.text
    )
    assert "runs on ONNX Runtime's CPUExecutionProvider" in caplog.text


async def test_a_style_that_draws_faces_needs_one(
    pictures: PictureServer, folder: Path, nobody_jpeg: bytes
) -> None:
    async with running_studio(make_settings(pictures, neural_styles_dir=folder)) as studio:
        reply = await studio.post("/generate-cartoon", files={"image": nobody_jpeg}, data={"style": "heads"})
        assert read_refusal(reply) == (422, "no_face_found")


async def test_what_is_wrong_is_logged_and_the_drawn_styles_go_on(
    pictures: PictureServer, folder: Path, astronaut_jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with (folder / NEGATIVE_ONNX).open("ab") as file:
        file.write(b"tampered")
    async with running_studio(make_settings(pictures, neural_styles_dir=folder)) as studio:
        names = [style["name"] for style in (await studio.get("/styles")).json()["data"]["styles"]]
        assert len(names) == 6
        reply = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
        assert reply.status_code == 200
        assert MODEL_HEADER not in reply.headers
        refused = await studio.post(
            "/generate-cartoon", files={"image": astronaut_jpeg}, data={"style": "heads"}
        )
        assert read_refusal(refused) == (400, "unknown_style")
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 2
    assert told[0].startswith("neural style left out: heads.toml: negative.onnx has the SHA-256")
    assert told[1].startswith("neural style left out: negative.toml: Negative 1.0 (CC-BY-NC-4.0) says")


async def test_without_the_provider_that_was_asked_for_the_studio_does_not_start(
    pictures: PictureServer, folder: Path
) -> None:
    with pytest.raises(StartError, match="cuda was asked for"):
        async with running_studio(make_settings(pictures, neural_styles_dir=folder, onnx_provider="cuda")):
            pytest.fail("started")


async def test_a_drawn_style_names_no_model(studio: httpx.AsyncClient, astronaut_jpeg: bytes) -> None:
    reply = await studio.post("/generate-cartoon", files={"image": astronaut_jpeg})
    assert MODEL_HEADER not in reply.headers
    assert LICENCE_HEADER not in reply.headers

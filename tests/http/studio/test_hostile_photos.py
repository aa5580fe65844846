"""A picture whose decoder never comes back costs one request, and the worker is replaced."""

import io

import httpx
import pytest
from PIL import Image

from tests.http.studio.picture_server import PictureServer
from tests.http.studio.running import make_settings, running_studio
from tests.http.studio.test_contract import read_refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


def make_webp(size: tuple[int, int]) -> bytes:
    """Slow to decode for its size."""
    file = io.BytesIO()
    Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size).save(file, "WEBP", quality=50, method=0)
    return file.getvalue()


async def test_a_decoder_that_takes_too_long_is_the_pictures_fault(
    pictures: PictureServer, astronaut_jpeg: bytes
) -> None:
    """No decoder of ours is known to hang; one that has no time left looks the same from outside."""
    hostile = make_webp((7000, 7000))
    async with running_studio(make_settings(pictures, work_timeout_seconds=0.08)) as studio:
        drawn = await studio.post("/generate-cartoon", files={"image": hostile})
        url = pictures.put("1_hostile.webp", hostile)
        cut = await studio.post("/process-face-cut", json={"image_url": url})
        listed: httpx.Response = await studio.get("/styles")

    assert read_refusal(drawn) == (400, "broken_image")
    assert read_refusal(cut) == (400, "broken_image")
    assert listed.status_code == 200

"""Photos that break decoders cost whoever sent them one request, and the others nothing."""

import io
import os
from pathlib import Path

from PIL import Image

from tests.http.gallery.running import read_failure, running_gallery

LARGE = (3000, 2000)


def make_avif(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (200, 200), os.urandom(120_000)).resize(size).save(file, "AVIF", speed=10)
    return file.getvalue()


async def test_a_photo_that_hangs_its_decoder_is_a_clear_400_and_the_next_one_is_converted(
    tmp_path: Path,
) -> None:
    """No decoder of ours is known to hang; one that has no time left looks the same from outside."""
    async with running_gallery(tmp_path, conversion_timeout_seconds=0.05) as gallery:
        refused = await gallery.post_photo(make_avif(LARGE))
        rows, files = gallery.stored()

    assert read_failure(refused) == (400, "unreadable_image", "The image could not be decoded.")
    assert rows["originals"] == 0
    assert files == {}


async def test_five_such_photos_do_not_open_the_circuit_for_everybody(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, conversion_timeout_seconds=0.05) as gallery:
        hostile = make_avif(LARGE)
        for _ in range(6):
            assert (await gallery.post_photo(hostile)).status_code == 400
        other = await gallery.post_photo(photo, headers=gallery.for_device())

    assert other.status_code == 200

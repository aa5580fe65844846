import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.imaging.picture_files import encode, jpeg_segment, png_chunk, webp_chunk, with_jpeg_segments
from toonbooth.imaging.codec import ImageFormat, decode_photo, inspect
from toonbooth.imaging.metadata import remove_private_metadata

MEGABYTE = 1024 * 1024


def make_noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(5).integers(0, 255, (height, width, 3), np.uint8))


def large_jpeg() -> bytes:
    jpeg = encode(make_noise(2200, 1500), ImageFormat.JPEG, quality=92)
    return with_jpeg_segments(jpeg, *[jpeg_segment(0xE1, bytes(60_000))] * 20) + bytes(MEGABYTE)


def large_png() -> bytes:
    noise = np.random.default_rng(5).integers(0, 255, (1600, 1 + 1600 * 3), np.uint8)
    noise[:, 0] = 0  # no filter
    header = (1600).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    chunks = [
        (b"IHDR", header),
        (b"tEXt", bytes(MEGABYTE)),
        (b"IDAT", zlib.compress(noise.tobytes(), 0)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def large_webp() -> bytes:
    webp = encode(make_noise(1500, 1500), ImageFormat.WEBP, method=0, quality=0, icc_profile=bytes(400))
    body = webp[12:] + webp_chunk(b"XMP ", bytes(2 * MEGABYTE))
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


@pytest.mark.parametrize(
    ("image_format", "make"),
    [(ImageFormat.JPEG, large_jpeg), (ImageFormat.PNG, large_png), (ImageFormat.WEBP, large_webp)],
)
def test_a_large_file_is_cleaned_without_being_held_in_memory(
    tmp_path: Path, image_format: ImageFormat, make: Callable[[], bytes]
) -> None:
    data = make()
    assert len(data) > 7 * MEGABYTE
    source_path, target_path = tmp_path / "source", tmp_path / "target"
    source_path.write_bytes(data)
    tracemalloc.start()
    try:
        with source_path.open("rb") as source, target_path.open("wb") as target:
            assert inspect(source).format is image_format
            remove_private_metadata(source, target, image_format)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTE
    cleaned = target_path.read_bytes()
    assert len(cleaned) <= len(data) - MEGABYTE
    assert np.array_equal(decode_photo(cleaned, max_side=None), decode_photo(data, max_side=None))


def test_photos_named_for_what_they_are_not_are_read_all_the_same(shared_photos: list[Path]) -> None:
    if not shared_photos:
        pytest.skip("no photos beside this checkout")
    for path in shared_photos:
        with path.open("rb") as file:
            info = inspect(file)
        picture = decode_photo(path.read_bytes(), max_side=1080)
        assert max(picture.shape) == min(1080, max(info.width, info.height)), path.name

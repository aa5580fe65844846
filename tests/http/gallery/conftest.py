"""A running gallery and small photos."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.http.gallery.running import RunningGallery, running_gallery
from toonbooth.imaging.pixels import ByteImage


@pytest.fixture
async def gallery(tmp_path: Path) -> AsyncIterator[RunningGallery]:
    async with running_gallery(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="session")
def photo(astronaut: ByteImage) -> bytes:
    """A small JPEG of a person, 128 × 128."""
    file = io.BytesIO()
    Image.fromarray(astronaut).resize((128, 128)).save(file, "JPEG", quality=90)
    return file.getvalue()

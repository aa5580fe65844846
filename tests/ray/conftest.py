"""Ray takes a minute and a gigabyte to start: these tests run when they are asked for."""

import importlib.util
import io
import os

import pytest
from PIL import Image

from toonbooth.imaging.pixels import ByteImage


@pytest.fixture(scope="session", autouse=True)
def _asked_for() -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed; `make test-ray` installs it and runs this")
    if not os.environ.get("RAY_CLUSTER"):
        pytest.skip("a Ray cluster takes a minute and a gigabyte; `make test-ray` starts one")


@pytest.fixture(scope="session")
def photo(astronaut: ByteImage) -> bytes:
    """A small JPEG of a face, which is soon drawn."""
    file = io.BytesIO()
    Image.fromarray(astronaut[:300, 80:380]).resize((256, 256)).save(file, "JPEG", quality=92)
    return file.getvalue()

"""The golden pictures: how every style draws one public-domain head. `python -m tests.golden` redraws them.

The head is Eileen Collins' (NASA); what was measured on it lies beside the pictures, so that a change of the
networks doesn't change them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import Box, Eye, Face, Points, Portrait

FOLDER: Final = Path(__file__).parent / "data" / "golden"
SEED: Final = 1


def astronaut_portrait() -> Portrait:
    """Her head, 256 pixels square, with its geometry as the networks once found it."""
    picture = np.ascontiguousarray(np.asarray(data.astronaut(), np.uint8)[:256, 96:352])
    with np.load(FOLDER / "astronaut-geometry.npz") as stored:
        measured: dict[str, NDArray[np.generic]] = {name: stored[name] for name in stored.files}

    def points(name: str) -> Points:
        return measured[name].astype(np.float32) / np.float32(16)

    def eye(contour: str, row: int) -> Eye:
        x, y, radius, openness = (float(value) for value in measured["irises"].astype(np.float32)[row])
        return Eye(points(contour), (x, y), radius, openness)

    box = (float(value) for value in measured["box"].astype(np.float32))
    roll, yaw = (float(value) for value in measured["turn"].astype(np.float32))
    face = Face(
        box=Box(*box),
        score=1.0,
        landmarks=points("landmarks"),
        depth=points("depth"),
        left_eye=eye("left_contour", 0),
        right_eye=eye("right_contour", 1),
        roll=roll,
        yaw=yaw,
    )
    matte = measured["matte"].astype(np.float32) / np.float32(255)
    return Portrait(picture, (face,), matte)


def draw(style: str) -> ByteImage:
    return STYLES[style].draw(astronaut_portrait(), np.random.default_rng(SEED)).picture


def picture_path(style: str) -> Path:
    return FOLDER / f"{style}-astronaut.png"


def main() -> None:
    for style in STYLES:
        Image.fromarray(draw(style)).save(picture_path(style), optimize=True)


if __name__ == "__main__":
    main()

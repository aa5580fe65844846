"""Draws the pictures that show the styles: `make previews` those that the services send.

All of them show works of the US government, in the public domain.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from skimage import data

from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.codec import decode_photo, encode_jpeg, encode_webp
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.pipeline import draw_portrait

PREVIEWS: Final = Path(__file__).parents[1] / "src" / "toonbooth" / "studio" / "previews"
PREVIEW_SIDE: Final = 320
_PHOTO_SIDE: Final = 640
_PHOTO_QUALITY: Final = 85
_PREVIEW_QUALITY: Final = 80
_SEED: Final = 1


def draw_previews(folder: Path) -> None:
    """Write the photo, 640 pixels square, and a WebP of 320 for every style."""
    folder.mkdir(exist_ok=True)
    head = _resize(np.asarray(data.astronaut(), np.uint8)[:232, 106:338], _PHOTO_SIDE)
    photo = encode_jpeg(head, quality=_PHOTO_QUALITY, chroma="4:2:0")
    (folder / "photo.jpg").write_bytes(photo)
    portrait = PortraitAnalyser(default_models_folder()).analyse(decode_photo(photo, max_side=_PHOTO_SIDE))
    for style in STYLES:
        drawing = draw_portrait(portrait, style=style, seed=_SEED).picture
        small = encode_webp(_resize(drawing, PREVIEW_SIDE), quality=_PREVIEW_QUALITY)
        (folder / f"{style}.webp").write_bytes(small)


def _resize(picture: ByteImage, side: int) -> ByteImage:
    how = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), dtype=np.uint8)


if __name__ == "__main__":
    draw_previews(PREVIEWS)

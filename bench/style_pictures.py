"""Draws the pictures that show the styles: `make previews` those that the services send.

All of them show works of the US government, in the public domain.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from skimage import data

from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.codec import encode_jpeg
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.shelf import draw_preview

PREVIEWS: Final = Path(__file__).parents[1] / "src" / "toonbooth" / "studio" / "previews"
_PHOTO_SIDE: Final = 640
_PHOTO_QUALITY: Final = 85


def draw_previews(folder: Path) -> None:
    """Write the photo, 640 pixels square, and what every style makes of it."""
    folder.mkdir(exist_ok=True)
    head = np.asarray(data.astronaut(), np.uint8)[:232, 106:338]
    large = cv2.resize(head, (_PHOTO_SIDE, _PHOTO_SIDE), interpolation=cv2.INTER_CUBIC)
    photo = encode_jpeg(np.asarray(large, np.uint8), quality=_PHOTO_QUALITY, chroma="4:2:0")
    (folder / "photo.jpg").write_bytes(photo)
    analyser = PortraitAnalyser(default_models_folder())
    for style in STYLES.values():
        (folder / f"{style.name}.webp").write_bytes(draw_preview(style, analyser))


if __name__ == "__main__":
    draw_previews(PREVIEWS)

"""Draws the pictures that show the styles: `make previews` those that the services send, `make pictures` also
those in docs/.

All of them show works of the US government, in the public domain.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click
import cv2
import numpy as np
from skimage import data

from bench.contact_sheet import fit, lay_in_row, stack
from toonbooth.drawing.styles import STYLES
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.cut_out import on_white
from toonbooth.imaging.codec import decode_photo, encode_jpeg
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.model import Portrait
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.pipeline import draw_portrait
from toonbooth.studio.shelf import draw_preview

ROOT: Final = Path(__file__).parents[1]
PREVIEWS: Final = ROOT / "src" / "toonbooth" / "studio" / "previews"
PICTURES: Final = ROOT / "docs" / "pictures"

_PHOTO_SIDE: Final = 640
_PHOTO_QUALITY: Final = 85
_PICTURE_HEIGHT: Final = 360
_PICTURE_QUALITY: Final = 84
_SHOWN: Final = ((0, 1), (1, 1), (2, 2), (1, 3))
"""Portrait and seed of the pictures that show a style."""


@click.command()
@click.option("--previews-only", is_flag=True)
def main(*, previews_only: bool) -> None:
    """Draw the pictures anew."""
    analyser = PortraitAnalyser(default_models_folder())
    draw_previews(PREVIEWS, analyser)
    if not previews_only:
        draw_pictures(PICTURES, analyser)


def draw_previews(folder: Path, analyser: PortraitAnalyser) -> None:
    """Write the photo, 640 pixels square, and what every style makes of it."""
    folder.mkdir(exist_ok=True)
    head = np.asarray(data.astronaut(), np.uint8)[:232, 106:338]
    large = cv2.resize(head, (_PHOTO_SIDE, _PHOTO_SIDE), interpolation=cv2.INTER_CUBIC)
    photo = encode_jpeg(np.asarray(large, np.uint8), quality=_PHOTO_QUALITY, chroma="4:2:0")
    (folder / "photo.jpg").write_bytes(photo)
    for style in STYLES.values():
        (folder / f"{style.name}.webp").write_bytes(draw_preview(style, analyser))


def draw_pictures(folder: Path, analyser: PortraitAnalyser) -> None:
    """Write a strip for every style, the photos they are drawn from, and one picture of everything."""
    portraits = [analyser.analyse(photo) for photo in _read_photos(folder / "photos")]
    _write(folder / "photos.jpg", [_show(portraits[which].picture, portraits[which]) for which in range(3)])
    for style in STYLES:
        drawings = ((portraits[which], seed) for which, seed in _SHOWN)
        _write(folder / f"{style}.jpg", [_draw(portrait, style, seed) for portrait, seed in drawings])
    first = portraits[0]
    comic = draw_portrait(first, style="comic", seed=1)
    tiles = [_show(first.picture, first), *(_draw(first, style, 1) for style in STYLES), _cut(comic)]
    sheet = stack([lay_in_row(tiles[:4]), lay_in_row(tiles[4:])])
    (folder / "before-after.jpg").write_bytes(encode_jpeg(sheet, quality=_PICTURE_QUALITY, chroma="4:2:0"))


def _read_photos(folder: Path) -> Iterable[ByteImage]:
    # As large as the others: a style draws what it is given.
    astronaut = np.asarray(data.astronaut(), np.uint8)[:400, 40:440]
    yield np.asarray(cv2.resize(astronaut, (1000, 1000), interpolation=cv2.INTER_CUBIC), np.uint8)
    for path in sorted(folder.glob("*.jpg")):
        yield decode_photo(path.read_bytes(), max_side=1080)


def _draw(portrait: Portrait, style: str, seed: int) -> ByteImage:
    return _show(draw_portrait(portrait, style=style, seed=seed).picture, portrait)


def _show(picture: ByteImage, portrait: Portrait) -> ByteImage:
    return fit(picture, portrait, _PICTURE_HEIGHT, square=True)


def _cut(cartoon: Portrait) -> ByteImage:
    """Its face on white, centred in a square."""
    face = on_white(cut_face(cartoon))
    side = max(face.shape[:2])
    square = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - face.shape[0]) // 2, (side - face.shape[1]) // 2
    square[top : top + face.shape[0], left : left + face.shape[1]] = face
    return fit(square, cartoon, _PICTURE_HEIGHT, square=False)


def _write(path: Path, pictures: list[ByteImage]) -> None:
    path.write_bytes(encode_jpeg(lay_in_row(pictures), quality=_PICTURE_QUALITY, chroma="4:2:0"))


if __name__ == "__main__":
    main()

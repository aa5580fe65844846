"""`make contact-sheet PHOTOS=dir`: every photo in every style in one picture, to be looked at full size."""

from pathlib import Path

import click
import cv2
import numpy as np

from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.codec import ImageError, decode_photo, encode_jpeg, encode_png
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.model import Portrait
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.pipeline import draw_portrait

GAP_PIXELS = 12
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif"}


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("out/contact-sheet.jpg"))
@click.option("--style", "styles", multiple=True, type=click.Choice(list(STYLES)), help="All when left out.")
@click.option("--seed", "seeds", multiple=True, type=int, default=(0,), show_default=True)
@click.option("--height", default=720, show_default=True, help="Of each picture, pixels.")
@click.option("--square", is_flag=True, help="Crop to a square around the main face.")
@click.option("--across", default=1, show_default=True, help="Photos beside each other.")
def main(
    photos: tuple[Path, ...],
    output: Path,
    styles: tuple[str, ...],
    seeds: tuple[int, ...],
    height: int,
    *,
    square: bool,
    across: int,
) -> None:
    """Draw PHOTOS (files or folders): a row each, the photo first, then every style and seed."""
    analyser = PortraitAnalyser(default_models_folder())
    strips = []
    for path in _list_photos(photos):
        try:
            portrait = analyser.analyse(decode_photo(path.read_bytes(), max_side=1080))
        except ImageError as error:
            click.echo(f"{path}: {error}", err=True)
            continue
        pictures = [portrait.picture]
        for style in styles or STYLES:
            pictures += [draw_portrait(portrait, style=style, seed=seed).picture for seed in seeds]
        strips.append(lay_in_row([fit(picture, portrait, height, square=square) for picture in pictures]))
    rows = [lay_in_row(strips[start : start + across]) for start in range(0, len(strips), across)]
    sheet = stack(rows)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(encode_png(sheet) if output.suffix == ".png" else encode_jpeg(sheet, quality=90))
    click.echo(f"{len(strips)} photos drawn into {output}")


def _list_photos(paths: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.iterdir()) if path.is_dir() else [path]
    return [path for path in found if path.suffix.lower() in PHOTO_SUFFIXES]


def fit(picture: ByteImage, portrait: Portrait, height: int, *, square: bool) -> ByteImage:
    """A picture scaled to a height, or its square around the main face."""
    if square:
        picture = _crop_square(picture, portrait)
    width = round(picture.shape[1] * height / picture.shape[0])
    smaller = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=smaller), dtype=np.uint8)


def _crop_square(picture: ByteImage, portrait: Portrait) -> ByteImage:
    rows, columns = picture.shape[:2]
    face = portrait.main_face
    if face is None:
        side, centre_x, centre_y = float(min(rows, columns)), columns / 2, rows / 2
    else:
        side = min(face.box.height * 2.4, rows, columns)
        centre_x, centre_y = face.box.centre
    left = round(min(max(centre_x - side / 2, 0), columns - side))
    top = round(min(max(centre_y - side * 0.48, 0), rows - side))
    return picture[top : top + round(side), left : left + round(side)]


def lay_in_row(pictures: list[ByteImage]) -> ByteImage:
    """Pictures of one height beside each other."""
    height = pictures[0].shape[0]
    gap = np.full((height, GAP_PIXELS, 3), 255, dtype=np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)]
    return np.hstack(parts[:-1])


def stack(rows: list[ByteImage]) -> ByteImage:
    """Rows below each other, on white."""
    width = max(row.shape[1] for row in rows)
    padded = [
        np.pad(row, ((0, GAP_PIXELS), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows
    ]
    return np.vstack(padded)[:-GAP_PIXELS]


if __name__ == "__main__":
    main()

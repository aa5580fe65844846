"""`python -m bench.face_cuts FOLDER`: how often faces are found in our own cartoons, how well heads are cut.

Photos with a hand-made mask (tests/data/head_masks, by the photo's SHA-256) are compared with it; the others
count for finding, and for how a style's cut agrees with the photo's.
"""

import asyncio
import hashlib
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import click
import cv2
import numpy as np

from bench.timing import Row, pinned_to, print_table, summarise
from tests.http.studio.picture_server import running_picture_server
from toonbooth.drawing.styles import STYLES
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.imaging.codec import decode_photo, read_xmp
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.model import Portrait
from toonbooth.portrait.models import default_models_folder
from toonbooth.portrait.packet import decode_packet
from toonbooth.studio.fetching import ImageFetcher
from toonbooth.studio.origins import read_trusted_origins
from toonbooth.studio.pictures import CutOptions
from toonbooth.studio.pipeline import cut_face_file, draw_cartoon

MASKS = Path(__file__).parents[1] / "tests" / "data" / "head_masks"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
MAX_SIDE = 1080


@dataclass(slots=True)
class Figures:
    """What was counted for the photos, or for one style."""

    told: int = 0
    """Faces of the photos that the cartoons' own files tell of, at their place."""
    found: int = 0
    """The same for the detectors, without that."""
    faces: int = 0
    with_masks: list[float] = field(default_factory=list)
    with_photo: list[float] = field(default_factory=list)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--seed", "seeds", multiple=True, type=int, default=(0, 1, 2), show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Timed cuts per cartoon of the first seed.")
def main(folder: Path, seeds: tuple[int, ...], rounds: int) -> None:
    """Measure the face cut on the portraits in FOLDER."""
    cv2.setNumThreads(1)
    with pinned_to(1):
        analyser = PortraitAnalyser(default_models_folder())
        figures: dict[str, Figures] = defaultdict(Figures)
        cartoons: list[bytes] = []
        paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
        for path in paths:
            data = path.read_bytes()
            photo = analyser.analyse(decode_photo(data, max_side=MAX_SIDE))
            masks, cuts = _read_masks(data, photo), _cut_all(photo)
            row = [f"{path.name:28}", f"{len(photo.faces)} found"]
            row += _compare("photo", cuts, masks, figures)
            for style in STYLES:
                for seed in seeds:
                    file = draw_cartoon(
                        data, analyser=analyser, style=style, seed=seed, max_side=MAX_SIDE
                    ).data
                    told = _count_faces(file, photo, analyser, figures[style])
                    if seed == seeds[0] and told is not None:
                        cartoons.append(file)
                        drawn = _cut_all(told)
                        row += _compare(style, drawn, masks, figures)
                        figures[style].with_photo += [_best(drawn, cut) for cut in cuts]
            click.echo("  ".join(row))
        _print_figures(figures)
        rows = asyncio.run(_time_cuts(cartoons, analyser, rounds=rounds))
        print_table(f"A cut of a {MAX_SIDE} px cartoon, one core, {len(cartoons) * rounds} cuts", rows)


def _print_figures(figures: dict[str, Figures]) -> None:
    click.echo(f"\n{'':10}{'faces':>8}{'told':>8}{'found':>8}   IoU with masks      IoU with the photo's cut")
    click.echo(f"{'':10}{'':24}{'mean':>9}{'least':>8}{'mean':>12}{'least':>8}")
    for name, each in figures.items():
        counts = f"{each.faces or '':>8}{each.told or '':>8}{each.found or '':>8}"
        columns = [(statistics.mean(v), min(v)) if v else None for v in (each.with_masks, each.with_photo)]
        ratios = [" " * 17 if pair is None else f"{pair[0]:9.3f}{pair[1]:8.3f}" for pair in columns]
        click.echo(f"{name:10}{counts}{ratios[0]}   {ratios[1]}")


async def _time_cuts(cartoons: list[bytes], analyser: PortraitAnalyser, *, rounds: int) -> list[Row]:
    """Fetch, decode, cut and encode as the studio does, with the pictures' server on the same core."""
    wall, busy = [], []
    async with running_picture_server() as pictures:
        fetcher = ImageFetcher(read_trusted_origins(f"{pictures.origin}/uploads/=127.0.0.0/8"))
        for cartoon in cartoons:
            url = pictures.put("cartoon.jpg", cartoon)
            for _ in range(rounds):
                started, started_busy = time.perf_counter(), time.process_time()
                image = await fetcher.fetch(url)
                cut_face_file(image, analyser=analyser, options=CutOptions(), max_side=MAX_SIDE)
                wall.append((time.perf_counter() - started) * 1000)
                busy.append((time.process_time() - started_busy) * 1000)
    promised = "120 ms"
    return [
        summarise("wall clock", wall, limit=promised),
        summarise("time on the processor", busy, limit=promised),
    ]


def _count_faces(
    file: bytes, photo: Portrait, analyser: PortraitAnalyser, figures: Figures
) -> Portrait | None:
    """Count the photo's faces in a cartoon; returns what its own file tells."""
    told = decode_packet(read_xmp(file) or b"", decode_photo(file, max_side=None))
    found = analyser.analyse_drawing(decode_photo(file, max_side=MAX_SIDE))
    figures.faces += len(photo.faces)
    figures.told += 0 if told is None else _faces_in_place(photo, told)
    figures.found += _faces_in_place(photo, found)
    return told


def _read_masks(data: bytes, photo: Portrait) -> list[FloatImage]:
    """The hand-made masks of a photo, from left to right, at the size of the working picture."""
    stem = hashlib.sha256(data).hexdigest()[:16]
    height, width = photo.picture.shape[:2]
    paths = [path for path in (MASKS / f"{stem}.png", MASKS / f"{stem}-2.png") if path.exists()]
    masks = [np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), dtype=np.uint8) for path in paths]
    return [
        to_float(np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)))
        for mask in masks
    ]


def _compare(
    name: str, cuts: list[FloatImage], masks: list[FloatImage], figures: dict[str, Figures]
) -> list[str]:
    """IoU of every mask with the cut that fits it best."""
    best = [_best(cuts, mask) for mask in masks]
    figures[name].with_masks += best
    return [f"{name} {value:.3f}" for value in best]


def _best(cuts: list[FloatImage], mask: FloatImage) -> float:
    return max((_overlap(cut, mask) for cut in cuts), default=0.0)


def _cut_all(portrait: Portrait) -> list[FloatImage]:
    """Every head's alpha over the whole picture."""
    return [_lay_out(cut_face(portrait, face=face), portrait) for face in range(len(portrait.faces))]


def _lay_out(cut: CutOut, portrait: Portrait) -> FloatImage:
    """A cut's alpha, back at its place in the whole picture."""
    height, width = portrait.picture.shape[:2]
    rows, columns = cut.alpha.shape
    canvas = np.zeros((height, width), dtype=np.float32)
    top, left = max(0, cut.y), max(0, cut.x)
    bottom, right = min(height, cut.y + rows), min(width, cut.x + columns)
    canvas[top:bottom, left:right] = (
        cut.alpha[top - cut.y : bottom - cut.y, left - cut.x : right - cut.x] / 255
    )
    return canvas


def _overlap(one: FloatImage, other: FloatImage) -> float:
    a, b = one > 0.5, other > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))


def _faces_in_place(photo: Portrait, drawing: Portrait) -> int:
    """How many of the photo's faces are in the drawing, at their place."""
    return sum(
        any(
            np.hypot(*np.subtract(face.box.centre, other.box.centre)) < 0.35 * face.box.width
            for other in drawing.faces
        )
        for face in photo.faces
    )


if __name__ == "__main__":
    main()

"""`python -m bench.face_cuts FOLDER`: how often faces are found in our own cartoons, how well heads are cut.

Photos with a hand-made mask (tests/data/head_masks, by the photo's SHA-256) are compared with it; the others
count for finding only.
"""

import hashlib
import statistics
import time
from collections import defaultdict
from pathlib import Path

import click
import cv2
import numpy as np

from toonbooth.drawing.styles import STYLES
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.heads import measure_heads
from toonbooth.imaging.codec import decode_photo, encode_jpeg, read_xmp
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.model import Portrait
from toonbooth.portrait.models import default_models_folder
from toonbooth.portrait.packet import decode_packet, encode_packet
from toonbooth.studio.pipeline import draw_portrait

MASKS = Path(__file__).parents[1] / "tests" / "data" / "head_masks"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
MAX_SIDE = 1080


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--seed", "seeds", multiple=True, type=int, default=(0, 1, 2), show_default=True)
def main(folder: Path, seeds: tuple[int, ...]) -> None:
    """Measure the face cut on the portraits in FOLDER."""
    cv2.setNumThreads(1)
    analyser = PortraitAnalyser(default_models_folder())
    found: dict[str, list[bool]] = defaultdict(list)
    overlaps: dict[str, list[float]] = defaultdict(list)
    milliseconds: list[float] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        data = path.read_bytes()
        photo = measure_heads(analyser.analyse(decode_photo(data, max_side=MAX_SIDE)))
        masks = _read_masks(data, photo)
        row = [f"{path.name:28}", f"{len(photo.faces)} found"]
        row += _compare("photo", photo, masks, overlaps)
        for style in STYLES:
            for seed in seeds:
                drawing = draw_portrait(photo, style=style, seed=seed)
                file = encode_jpeg(drawing.picture, xmp=encode_packet(drawing))
                reread = decode_packet(read_xmp(file) or b"", decode_photo(file, max_side=None))
                again = analyser.analyse_drawing(decode_photo(file, max_side=MAX_SIDE))
                found[f"{style}, with metadata"].append(_same_faces(photo, reread))
                found[f"{style}, without"].append(_same_faces(photo, again))
                if reread is not None and reread.faces:
                    started = time.thread_time()
                    cut_face(reread)
                    milliseconds.append((time.thread_time() - started) * 1000)
                    if seed == seeds[0]:
                        row += _compare(style, reread, masks, overlaps)
        click.echo("  ".join(row))
    click.echo()
    for name, hits in found.items():
        click.echo(f"all faces found, {name:28} {sum(hits)} of {len(hits)} drawings")
    for name, values in overlaps.items():
        mean, lowest = statistics.mean(values), min(values)
        click.echo(f"IoU of heads, {name:31} mean {mean:.3f}, lowest {lowest:.3f}, {len(values)} masks")
    click.echo(
        f"cut, one core, CPU                            median {statistics.median(milliseconds):.0f} ms"
    )


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
    name: str, portrait: Portrait, masks: list[FloatImage], overlaps: dict[str, list[float]]
) -> list[str]:
    """IoU of every mask with the cut that fits it best."""
    cuts = [_lay_out(cut_face(portrait, face=face), portrait) for face in range(len(portrait.faces))]
    best = [max((_overlap(cut, mask) for cut in cuts), default=0.0) for mask in masks]
    overlaps[name] += best
    return [f"{name} {value:.3f}" for value in best]


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


def _same_faces(photo: Portrait, drawing: Portrait | None) -> bool:
    """Each face of the photo is found in the drawing, at its place."""
    if drawing is None:
        return not photo.faces
    return all(
        any(
            np.hypot(*np.subtract(face.box.centre, other.box.centre)) < 0.35 * face.box.width
            for other in drawing.faces
        )
        for face in photo.faces
    )


if __name__ == "__main__":
    main()

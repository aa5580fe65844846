"""How time and memory grow with the picture, up to the largest cartoon that any setting allows."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2

from bench.timing import Row
from toonbooth.drawing.styles import STYLES
from toonbooth.imaging.codec import decode_photo
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.pipeline import draw_cartoon, draw_portrait

SIDES: Final = (1080, 2048, 4096)
BYTES_PER_PIXEL: Final = 120
_ROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What one cartoon of one size took."""

    pixels: int
    seconds: float
    peak_bytes: int


def measure_growth(photo: bytes) -> Generator[Row]:
    """Draw the same photo at several sizes, each in a process of its own.

    Parameters
    ----------
    photo : a JPEG whose longer side is the largest of `SIDES`.
    """
    context = get_context("spawn")
    for style in STYLES:
        costs = []
        for side in SIDES:
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                costs.append(pool.submit(_measure, photo, style, side).result())
        first = costs[0]
        for side, cost in zip(SIDES, costs, strict=True):
            nanoseconds = cost.seconds / cost.pixels * 1e9
            growth = nanoseconds / (first.seconds / first.pixels * 1e9)
            limit = "" if cost is first else f"linear: {growth:.2f} of that at {SIDES[0]}"
            what = f"draw {style}, {side} px, time per pixel"
            yield Row(what, nanoseconds, nanoseconds, nanoseconds, "ns", limit)
        for side, cost in zip(SIDES[1:], costs[1:], strict=True):
            extra = (cost.peak_bytes - first.peak_bytes) / (cost.pixels - first.pixels)
            what = f"{style}, {SIDES[0]} to {side} px, memory per pixel more"
            yield Row(what, extra, extra, extra, "bytes", f"under {BYTES_PER_PIXEL}")


def _measure(photo: bytes, style: str, side: int) -> Cost:
    """Memory from file to file, time of the drawing alone (the best of a few)."""
    cv2.setNumThreads(1)
    analyser = PortraitAnalyser(default_models_folder())
    draw_cartoon(photo, analyser=analyser, style=style, seed=1, max_side=256)
    cartoon = draw_cartoon(photo, analyser=analyser, style=style, seed=1, max_side=side)
    peak = _read_peak_bytes()
    portrait = analyser.analyse(decode_photo(photo, max_side=side))
    seconds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        draw_portrait(portrait, style=style, seed=1)
        seconds.append(time.process_time() - started)
    return Cost(cartoon.width * cartoon.height, min(seconds), peak)


def _read_peak_bytes() -> int:
    """The most memory that this process has had; `ru_maxrss` also counts its parent's, on Linux."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert found is not None
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

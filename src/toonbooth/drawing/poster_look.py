"""What a seed decides about a poster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonbooth.drawing.inks import PALETTES, Ink, Palette
from toonbooth.drawing.poster_backdrop import Pattern


@dataclass(frozen=True, slots=True)
class PopLook:
    """What a seed decides about a poster.

    palette : inks.
    line_weight : 1 is normal; more is bolder.
    pitch : of the dots, in pixels at a face of normal width.
    angle : radians, of the dots' grid.
    dottedness : how much of the skin is dotted.
    slip : (x, y) pixels at a face of normal width, how far one ink lies beside its place.
    pattern : of the backdrop.
    turn : radians, of the pattern.
    rays : how many, if any.
    order : which inks the backdrop prefers, first choice first.
    light_from : -1 left … 1 right.
    """

    palette: Palette
    line_weight: float
    pitch: float
    angle: float
    dottedness: float
    slip: tuple[float, float]
    pattern: Pattern
    turn: float
    rays: int
    order: tuple[Ink, ...]
    light_from: float


_BACKDROP_INKS = (Ink.YELLOW, Ink.BLUE, Ink.RED, Ink.GREY)


def choose_look(rng: np.random.Generator) -> PopLook:
    """Draw the look of one poster."""
    patterns = tuple(Pattern)
    angle = float(rng.uniform(0, 2 * np.pi))
    slip = float(rng.uniform(4.5, 7.0))
    return PopLook(
        palette=PALETTES[rng.integers(len(PALETTES))],
        line_weight=float(rng.uniform(0.9, 1.4)),
        pitch=float(rng.uniform(7.5, 11.0)),
        angle=float(rng.choice([0.26, 0.52, 0.785])),
        dottedness=float(rng.uniform(0.85, 1.15)),
        slip=(slip * float(np.cos(angle)), slip * float(np.sin(angle))),
        pattern=patterns[rng.integers(len(patterns))],
        turn=float(rng.choice([-1.0, 1.0]) * rng.uniform(0.0, 0.6) + rng.choice([0.0, np.pi])),
        rays=int(rng.integers(9, 17)),
        order=tuple(Ink(int(i)) for i in rng.permutation([int(ink) for ink in _BACKDROP_INKS])),
        light_from=float(rng.choice([-1.0, 1.0])),
    )

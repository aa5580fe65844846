"""What a seed decides about a sketch: pencil and paper, how the hand hatches, how the drawing ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonbooth.drawing.vignette import Vignette


@dataclass(frozen=True, slots=True)
class Pencil:
    """A pencil and the paper it is used on, both L*a*b*; toned paper takes white chalk for the lights."""

    lead: tuple[float, float, float]
    paper: tuple[float, float, float]
    chalk: bool = False


_PENCILS = (
    Pencil((17.0, 0.0, -1.5), (97.0, 0.0, 2.0)),
    Pencil((15.0, 0.5, 1.0), (95.0, 0.8, 6.0)),
    Pencil((22.0, 14.0, 18.0), (95.0, 1.5, 8.0)),
    Pencil((34.0, 38.0, 33.0), (95.5, 1.5, 7.0)),
    Pencil((24.0, 6.0, -30.0), (97.0, -0.5, 1.0)),
    Pencil((16.0, 0.0, -2.0), (92.0, 0.0, 1.0)),
    Pencil((13.0, 1.0, 1.0), (87.0, 1.5, 11.0), chalk=True),
    Pencil((14.0, 0.0, -4.0), (86.0, -1.5, -4.0), chalk=True),
    Pencil((28.0, 30.0, 26.0), (88.0, 3.0, 13.0), chalk=True),
)
"""Graphite on white and on cream, sepia, sanguine, blue, graphite on pale grey; then with chalk: graphite on
buff and on blue grey, sanguine on tan."""

_CHANCES = (0.2, 0.18, 0.14, 0.13, 0.1, 0.07, 0.06, 0.06, 0.06)
"""How often each pencil is taken: half of all sketches are graphite on light paper."""


@dataclass(frozen=True, slots=True)
class SketchLook:
    """What a seed decides about a sketch.

    pencil : Pencil.
    angle : radians clockwise from the x axis, of hatching on flat ground.
    cross : radians between the first layer of hatching and the second.
    spacing : pixels between strokes at a face of normal width.
    smudge : 0 … 1, how much of the tone is rubbed in under the strokes.
    line_weight : 1 is normal; more is bolder.
    light_from : -1 left … 1 right, the side that the light comes from.
    ending : how clothes and background end.
    """

    pencil: Pencil
    angle: float
    cross: float
    spacing: float
    smudge: float
    line_weight: float
    light_from: float
    ending: Vignette


def choose_look(rng: np.random.Generator) -> SketchLook:
    """Draw the look of one sketch."""
    pencil = _PENCILS[rng.choice(len(_PENCILS), p=_CHANCES)]
    side = float(rng.choice([-1.0, 1.0]))
    # Hands hatch from lower left to upper right, or the other way.
    lean = float(rng.choice([-1.0, -1.0, 1.0]))
    return SketchLook(
        pencil=pencil,
        angle=lean * float(rng.uniform(0.62, 1.1)),
        cross=float(rng.uniform(0.75, 1.2)) * float(rng.choice([-1.0, 1.0])),
        spacing=float(rng.uniform(2.1, 3.1)),
        smudge=float(rng.uniform(0.28, 0.5)),
        line_weight=float(rng.uniform(0.8, 1.3)),
        light_from=-side,
        ending=Vignette(side, float(rng.uniform(0.12, 0.34)), float(rng.uniform(0.38, 0.62))),
    )

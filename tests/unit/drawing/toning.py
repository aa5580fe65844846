"""Cel tones of a picture, its clothes and hair found first."""

from __future__ import annotations

from toonbooth.drawing.cel import cel_tones
from toonbooth.drawing.cel_skin import CelTones
from toonbooth.drawing.drapery import Drapery, find_drapery, tones_of
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import lab_to_rgb, luma
from toonbooth.imaging.flow import edge_tangent_flow
from toonbooth.imaging.pixels import FloatImage, to_bytes


def drapery_of(lab: FloatImage, regions: Regions, *, unit: float) -> Drapery:
    picture = to_bytes(lab_to_rgb(lab))
    return find_drapery(
        tones_of(picture), lab, edge_tangent_flow(luma(picture), scale=1.0), regions, unit=unit
    )


def toned(lab: FloatImage, regions: Regions, tones: CelTones, *, unit: float) -> FloatImage:
    return cel_tones(lab, drapery_of(lab, regions, unit=unit), regions, tones, unit=unit)

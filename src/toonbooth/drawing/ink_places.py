"""Places on a small picture that inks care about: around heads, on faces and necks, at ears, below chins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import Size, shrunk
from toonbooth.imaging.tones import smoothstep


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of places, all 0 … 1.

    near : around heads. skin : closed skin. faces : faces and necks. below : below chins.
    head : around heads, above chins. hair : where hair can be. beside : ears, and necks.
    """

    near: FloatImage
    skin: FloatImage
    faces: FloatImage
    below: FloatImage
    head: FloatImage
    hair: FloatImage
    beside: FloatImage

    @classmethod
    def of(cls, skin: FloatImage, near: FloatImage, regions: Regions, size: Size) -> Places:
        few_near, few_skin = shrunk(near, size), shrunk(skin, size)
        below = np.ascontiguousarray(np.broadcast_to(1 - higher(regions, part=0.6), skin.shape))
        above = np.ascontiguousarray(np.broadcast_to(higher(regions, part=0.75), skin.shape))
        head = few_near * shrunk(above, size)
        return cls(
            few_near,
            few_skin,
            shrunk(_faces_and_necks(regions), size),
            shrunk(below, size),
            head,
            head * (1 - few_skin) * shrunk(regions.person, size),
            shrunk(_ears_and_necks(regions), size),
        )


def near_heads(regions: Regions, shape: tuple[int, ...]) -> FloatImage:
    """1 around heads, where skin has been sought thoroughly, 0 at hands and arms."""
    near = np.zeros(shape, np.float32)
    height, width = shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    for x, y, across in regions.heads:
        far = np.square((columns - x) / np.float32(1.25 * across)) + np.square(
            (rows - y) / np.float32(1.35 * across)
        )
        np.maximum(near, smoothstep(far, low=1.3, high=0.8), out=near)
    return near


def _faces_and_necks(regions: Regions) -> FloatImage:
    """1 from the brows down to the collar, a little wider than a face."""
    height, width = regions.skin.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    found = np.zeros((height, width), np.float32)
    for x, y, across in regions.heads:
        beside = smoothstep(np.abs(columns - np.float32(x)), low=0.68 * across, high=0.56 * across)
        below = smoothstep(rows, low=y - 0.4 * across, high=y - 0.25 * across)
        below *= smoothstep(rows, low=y + 1.3 * across, high=y + 1.1 * across)
        np.maximum(found, beside * below, out=found)
    return found


def higher(regions: Regions, *, part: float) -> FloatImage:
    """(h, 1): 1 above a height, given in face widths below the middle of the lowest face, 0 below it."""
    height = regions.skin.shape[0]
    above = np.zeros((height, 1), np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for _, y, across in regions.heads:
        np.maximum(
            above,
            smoothstep(rows, low=y + (part + 0.15) * across, high=y + (part - 0.15) * across),
            out=above,
        )
    return above


def _ears_and_necks(regions: Regions) -> FloatImage:
    """1 at both sides of a face from the eyes down to the mouth, and below its chin."""
    height, width = regions.skin.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    found = np.zeros((height, width), np.float32)
    for x, y, across in regions.heads:
        aside = np.abs(columns - np.float32(x))
        ears = smoothstep(aside, low=0.42 * across, high=0.5 * across)
        ears = ears * smoothstep(aside, low=0.9 * across, high=0.8 * across)
        ears = ears * smoothstep(np.abs(rows - np.float32(y)), low=0.4 * across, high=0.3 * across)
        necks = smoothstep(aside, low=1.05 * across, high=0.95 * across)
        necks = necks * smoothstep(rows, low=y + 0.42 * across, high=y + 0.55 * across)
        necks = necks * smoothstep(rows, low=y + 1.3 * across, high=y + 1.1 * across)
        np.maximum(found, np.maximum(ears, necks), out=found)
    return found

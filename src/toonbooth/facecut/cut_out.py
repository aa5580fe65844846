"""The picture that cutting makes: colours and how much of them is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toonbooth.imaging.pixels import ByteImage, to_bytes, to_float


@dataclass(frozen=True, slots=True)
class CutOut:
    """A picture with transparency.

    picture : (H, W, 3) uint8 sRGB, not multiplied by alpha; white where alpha is 0.
    alpha : (H, W) uint8.
    x, y : where its top left pixel lies in the picture it was cut from; may be negative. Of one that was
        turned or resized: where it lay before.
    """

    picture: ByteImage
    alpha: ByteImage
    x: int
    y: int

    @property
    def rgba(self) -> ByteImage:
        """(H, W, 4) uint8."""
        return np.dstack([self.picture, self.alpha])


def on_white(cut_out: CutOut) -> ByteImage:
    """Lay a cut-out on white paper: uint8, shape (H, W, 3)."""
    if cut_out.alpha.min() == 255:
        return cut_out.picture
    alpha = to_float(cut_out.alpha)[..., np.newaxis]
    return to_bytes(to_float(cut_out.picture) * alpha + (1 - alpha))

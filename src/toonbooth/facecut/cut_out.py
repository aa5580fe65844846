"""The picture that cutting makes: colours and how much of them is seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
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
    paper = white_where_unseen(cut_out.picture, cut_out.alpha)
    rim = np.flatnonzero((cut_out.alpha > 0) & (cut_out.alpha < 255))
    if len(rim):
        alpha = to_float(cut_out.alpha.reshape(-1)[rim])[:, np.newaxis]
        paper.reshape(-1, 3)[rim] = to_bytes(to_float(paper.reshape(-1, 3)[rim]) * alpha + (1 - alpha))
    return paper


def white_where_unseen(picture: ByteImage, alpha: ByteImage) -> ByteImage:
    """A picture, white where alpha is 0: uint8, shape (H, W, 3)."""
    white = np.full_like(picture, 255)
    # NumPy's masks take thirty times as long.
    cv2.copyTo(picture, alpha, white)
    return white

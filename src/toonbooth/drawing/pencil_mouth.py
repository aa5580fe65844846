"""The line between lips in pencil: one firm stroke where the photo is darkest, and what gapes filled in."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.coverage import covered
from toonbooth.drawing.pen import curve, normals
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.teeth import INNER_LOWER, INNER_UPPER
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.imaging.ranks import median
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points

_PLACES = 33
"""Places along a mouth at which its line is looked for."""

_BESIDE = 0.018
"""How far beyond the inner lips, in face widths, it may lie: landmarks aren't exact."""

_OPEN = 0.035
"""Distance of the inner lips, in face widths, from which on a mouth is open, drawn by teeth and the dark."""


def draw_pencil_mouths(density: FloatImage, photo: ByteImage, faces: tuple[Face, ...]) -> None:
    """Draw the line between the lips of every face, in place.

    Parameters
    ----------
    density : float32 array, shape (H, W); 0 bare paper, about 1.5 as dark as pencil gets
    photo : uint8 array, shape (H, W, 3)
    faces : faces in the coordinates of these
    """
    for face in faces:
        points = face.landmarks[facemap.LIPS_OUTER]
        margin = 0.03 * face.width
        height, width = photo.shape[:2]
        left, top = (int(v) for v in np.maximum(points.min(axis=0) - margin, 0))
        right, bottom = (int(v) for v in np.minimum(points.max(axis=0) + margin + 1, (width, height)))
        if right - left < 12 or bottom - top < 5:
            continue
        window = (slice(top, bottom), slice(left, right))
        grey = gaussian(luma(np.ascontiguousarray(photo[window])), sigma=max(0.6, 0.004 * face.width))
        _draw_mouth(density[window], grey, face, corner=(left, top))


def _draw_mouth(part: FloatImage, grey: FloatImage, face: Face, *, corner: tuple[int, int]) -> None:
    points: Points = face.landmarks - np.array(corner, np.float32)
    lips = polygon_mask(grey.shape, points[facemap.LIPS_OUTER]) > 0.5
    if np.count_nonzero(lips) < 12:
        return
    typical = median(grey[lips])
    upper, lower = (curve(points[rim], samples=_PLACES) for rim in (INNER_UPPER, INNER_LOWER))
    down = points[facemap.CHIN] - points[facemap.FOREHEAD_TOP]
    reach = down * np.float32(_BESIDE * face.width / max(1.0, float(np.hypot(*down))))
    upper, lower = upper - reach, lower + reach

    # What gapes between lips is dark all over.
    opening = polygon_mask(grey.shape, np.concatenate([upper, lower[::-1]]), feather=0.004 * face.width)
    gap = opening * smoothstep(grey, low=0.74 * typical, high=0.48 * typical)
    np.maximum(part, gap * np.float32(1.3), out=part)

    if float(np.hypot(*(points[14] - points[13]))) > _OPEN * face.width:
        return
    depth = np.linspace(0, 1, 15, dtype=np.float32)
    places = upper[:, None] + (lower - upper)[:, None] * depth[None, :, None]
    x, y = places[..., 0].astype(np.float32), places[..., 1].astype(np.float32)
    seen = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.GaussianBlur(seen, (0, 0), sigmaX=0.8, sigmaY=2.0)
    where = cv2.GaussianBlur(depth[seen.argmin(axis=1)][:, None], (0, 0), sigmaX=0.5, sigmaY=2.0)
    path = (upper + (lower - upper) * where).astype(np.float32)
    darkest: FloatImage = (seen.min(axis=1) * np.float32(1 / max(typical, 0.02))).astype(np.float32)
    darkness = smoothstep(darkest, low=0.98, high=0.6)
    # It is firmest in the middle of the mouth, and thin, but there, wherever lips meet.
    along = np.linspace(-1, 1, _PLACES, dtype=np.float32)
    widths = (0.35 + 0.65 * darkness) * np.sqrt(np.maximum(1 - along * along, 0.12))
    thickness = np.float32(max(1.0, 0.013 * face.width)) * widths
    half = normals(path) * (thickness / 2)[:, None]
    line = covered(np.concatenate([path + half, (path - half)[::-1]]), size=(grey.shape[1], grey.shape[0]))
    soft = cv2.GaussianBlur(line, (0, 0), max(0.4, 0.0022 * face.width)).astype(np.float32)
    np.maximum(part, soft * np.float32(1.45 / 255), out=part)

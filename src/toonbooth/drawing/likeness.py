"""A face looked at closely before it is drawn: its tones, its colours, and where its creases run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing import facemap
from toonbooth.drawing.pen import Colour, curve, normals
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.spectacles import find_frames, lit_share
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.lines import line_response
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.smoothing import flatten, gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Face, Points, Portrait


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the drawing of a face goes by; all in pixels of its window.

    window : rows and columns of the picture.
    face : the face as measured, in pixels of the picture.
    points : (468, 2), the landmarks.
    width : the face's width.
    lab : (H, W, 3), the photo, its texture evened out, L*a*b*.
    skin : (H, W), where skin is drawn.
    drawn : (H, W, 3), the skin as it is drawn, L*a*b*.
    around : (H, W), lightness that skin would have in the photo, undisturbed by features.
    dark : (H, W), how narrow dark things stand out of their surroundings.
    frames : (H, W), rims of spectacles, with a margin.
    tone : skin colour in the photo.
    paint : skin colour in the drawing.
    """

    window: tuple[slice, slice]
    face: Face
    points: Points
    width: float
    lab: FloatImage
    skin: FloatImage
    around: FloatImage
    dark: FloatImage
    frames: FloatImage
    tone: Colour
    paint: Colour

    @property
    def size(self) -> tuple[int, int]:
        return self.skin.shape[0], self.skin.shape[1]

    @property
    def up(self) -> Points:
        """The head's own upward direction in the picture, a unit vector."""
        return facemap.upright(self.points)

    @property
    def corner(self) -> Points:
        return np.array([self.window[1].start, self.window[0].start], np.float32)

    def near(self, indices: NDArray[np.int64], *, margin: float) -> Likeness:
        """The part around some landmarks, with a margin in face widths."""
        points = self.points[indices]
        reach = margin * self.width
        return self._cut(points.min(axis=0) - reach, points.max(axis=0) + reach)

    def around_point(self, point: tuple[float, float], *, reach: float) -> Likeness:
        """The part around a point of the picture, `reach` in pixels."""
        centre = np.array(point, np.float32) - self.corner
        return self._cut(centre - reach, centre + reach)

    def _cut(self, low: Points, high: Points) -> Likeness:
        height, width = self.size
        left, top = int(np.clip(low[0], 0, width - 2)), int(np.clip(low[1], 0, height - 2))
        right, bottom = int(np.clip(high[0] + 1, left + 2, width)), int(np.clip(high[1] + 1, top + 2, height))
        part = (slice(top, bottom), slice(left, right))
        rows, columns = self.window
        return replace(
            self,
            window=(
                slice(rows.start + top, rows.start + bottom),
                slice(columns.start + left, columns.start + right),
            ),
            points=(self.points - np.array([left, top], np.float32)).astype(np.float32),
            lab=np.ascontiguousarray(self.lab[part]),
            skin=np.ascontiguousarray(self.skin[part]),
            around=np.ascontiguousarray(self.around[part]),
            dark=np.ascontiguousarray(self.dark[part]),
            frames=np.ascontiguousarray(self.frames[part]),
        )

    def contour(self, eye: Eye) -> Points:
        return (eye.contour - self.corner).astype(np.float32)

    def zone(self, indices: FloatImage, *, grow: float = 1.0, feather: float = 0.01) -> FloatImage:
        """Landmarks' outline as a mask; `feather` in face widths."""
        return polygon_mask(self.size, self.points[indices], grow=grow, feather=feather * self.width)

    def trace(self, path: Points, *, reach: float, samples: int = 24) -> tuple[Points, FloatImage]:
        """Move a path onto the dark crease beside it.

        Parameters
        ----------
        path : (N, 2)
        reach : float, face widths
            How far to either side a crease is sought.
        samples : int

        Returns
        -------
        The path, (samples, 2), and how strong the crease is there, (samples,), about 0.01 for a faint one.
        """
        line = curve(path, samples=samples)
        across = normals(line)
        offsets = np.linspace(-reach, reach, 13, dtype=np.float32) * np.float32(self.width)
        places = line[:, None, :] + across[:, None, :] * offsets[None, :, None]
        found = cv2.remap(
            self.dark,
            places[..., 0].astype(np.float32),
            places[..., 1].astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        nearness = np.exp(-np.square(offsets / max(reach * self.width, 1e-3)) * 0.8)
        weight = np.maximum(found, 0) * nearness
        moved = (weight**3 * offsets).sum(axis=1) / np.maximum((weight**3).sum(axis=1), 1e-12)
        # A line has no kinks, however noisy the crease: a parabola through where it is surest.
        along = np.linspace(-1, 1, samples)
        firm = weight.max(axis=1) + 1e-4
        calm = np.polynomial.Polynomial.fit(along, moved, 2, w=firm)(along).astype(np.float32)
        calm = np.clip(calm, -reach * self.width, reach * self.width)
        strength = cv2.GaussianBlur(found.max(axis=1).reshape(-1, 1).astype(np.float32), (1, 7), 1.6)[:, 0]
        return (line + across * calm[:, None]).astype(np.float32), strength.astype(np.float32)

    def at(self, image: FloatImage, points: Points) -> FloatImage:
        """A plane's values under points."""
        columns = points[:, 0].astype(np.float32).reshape(-1, 1)
        rows = points[:, 1].astype(np.float32).reshape(-1, 1)
        values = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return values[:, 0].astype(np.float32, copy=False)


def face_window(face: Face, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a face with the margin that its drawing needs."""
    return _window_of(face.landmarks, shape, margin=0.14 * face.width)


def eyes_window(face: Face, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a face's upper half: eyes and spectacles, and skin enough to tell its tone."""
    points = face.landmarks
    middle = (points[facemap.LEFT_EYE].mean(axis=0) + points[facemap.RIGHT_EYE].mean(axis=0)) / 2
    axis = points[facemap.FOREHEAD_TOP] - points[facemap.CHIN]
    height = (points - middle) @ axis / max(float(np.hypot(*axis)), 1e-3)
    return _window_of(points[np.abs(height) < 0.4 * face.width], shape, margin=0.14 * face.width)


def _window_of(points: Points, shape: tuple[int, ...], *, margin: float) -> tuple[slice, slice]:
    x0, y0 = points.min(axis=0) - margin
    x1, y1 = points.max(axis=0) + margin
    left, top = int(np.clip(x0, 0, shape[1] - 1)), int(np.clip(y0, 0, shape[0] - 1))
    right, bottom = int(np.clip(x1, left + 1, shape[1])), int(np.clip(y1, top + 1, shape[0]))
    return slice(top, bottom), slice(left, right)


def look_at(
    portrait: Portrait,
    face: Face,
    drawing: ByteImage,
    skin: FloatImage,
    *,
    window: tuple[slice, slice] | None = None,
) -> Likeness:
    """Study a face.

    Parameters
    ----------
    portrait : Portrait
    face : one of its faces
    drawing : uint8 array, the drawing so far, at the picture's size
    skin : float32 array of the size of the window, where skin is drawn
    window : rows and columns; `face_window` when left out
    """
    window = window or face_window(face, portrait.picture.shape)
    width = face.width
    points: Points = face.landmarks - np.array([window[1].start, window[0].start], np.float32)
    part = np.ascontiguousarray(portrait.picture[window])
    lab = rgb_to_lab(to_float(flatten(part, passes=1, tone=14.0, median=3)))
    size = skin.shape
    features = np.maximum.reduce(
        [
            polygon_mask(size, points[indices], grow=grow)
            for indices, grow in (
                (facemap.LEFT_EYE, 1.6),
                (facemap.RIGHT_EYE, 1.6),
                (facemap.LEFT_BROW, 1.5),
                (facemap.RIGHT_BROW, 1.5),
                (facemap.LIPS_OUTER, 1.15),
                (facemap.NOSE_BASE, 1.3),
            )
        ]
    )
    bare = skin * polygon_mask(size, points[facemap.OVAL], grow=0.95) * (1 - features)
    lightness = np.ascontiguousarray(lab[..., 0])
    sure = bare > 0.7
    tone, paint = (60.0, 12.0, 14.0), (66.0, 12.0, 14.0)
    if np.count_nonzero(sure) >= 30:
        few = lab[sure][::4]
        tone = _colour(np.median(few, axis=0))
        laid = to_float(np.ascontiguousarray(drawing[window]))
        paint = _colour(np.median(rgb_to_lab(laid)[sure][::4], axis=0))
    around = masked_blur(lightness, bare, sigma=0.09 * width)
    grey = np.multiply(lightness, np.float32(0.01))
    dark = line_response(gaussian(grey, sigma=0.004 * width), sigma=max(0.6, 0.009 * width))
    frames = spectacles_of(luma(part), points, width=width, roll=face.roll)
    return Likeness(window, face, points, width, lab, skin, around, dark, frames, tone, paint)


def spectacles_of(grey: FloatImage, points: Points, *, width: float, roll: float) -> FloatImage:
    """The frames of spectacles alone: what hangs together with the bar across the nose."""
    frames = find_frames(grey, points, width=width)
    if not frames.any():
        return frames
    # From where they are sure they go on as far as something as dark and thin does, along temple and hinge.
    response = line_response(grey, sigma=max(0.7, 0.012 * width)) * np.float32(1 / lit_share(grey, points))
    side = width * 0.7
    middle = (points[facemap.LEFT_EYE].mean(axis=0) + points[facemap.RIGHT_EYE].mean(axis=0)) / 2
    x = np.arange(grey.shape[1], dtype=np.float32)[None, :] - middle[0]
    y = np.arange(grey.shape[0], dtype=np.float32)[:, None] - middle[1]
    zone = (np.abs(x) < side) & (np.abs(y - x * np.float32(np.tan(roll))) < 0.22 * width)
    # Lashes and nostrils are as dark and as thin.
    taken = np.maximum.reduce(
        [
            polygon_mask((grey.shape[0], grey.shape[1]), points[indices], grow=grow)
            for indices, grow in (
                (facemap.NOSE_TIP, 1.5),
                (facemap.LEFT_EYE, 1.3),
                (facemap.RIGHT_EYE, 1.3),
            )
        ]
    )
    thread = 2 * max(1, round(0.007 * width)) + 1
    candidates = ((response > 0.017) & zone & (taken < 0.5)).astype(np.uint8)
    joined = cv2.morphologyEx(candidates, cv2.MORPH_CLOSE, np.ones((thread, thread), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    keep = stats[:, cv2.CC_STAT_WIDTH] > 0.3 * width
    keep[0] = False
    # Rims that the bar doesn't touch in the photo, where it shines, are as wide as a lens.
    sure = np.bincount(labels[frames > 0.6].ravel(), minlength=count) > 0
    kept = (keep & sure).astype(np.float32)[labels]
    grown = cv2.dilate(kept, np.ones((3, 3), np.uint8)).astype(np.float32, copy=False)
    rims: FloatImage = grown * smoothstep(response, low=0.006, high=0.026) * (1 - taken)
    return rims


def _colour(lab: FloatImage) -> Colour:
    return float(lab[0]), float(lab[1]), float(lab[2])

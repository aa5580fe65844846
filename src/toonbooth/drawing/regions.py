"""Where on the picture skin, eyes, mouth, brows and hair lie, as soft masks for the styles to work with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.spectacles import find_frames
from toonbooth.imaging.colour import planes_of
from toonbooth.imaging.morphology import parts_touching
from toonbooth.imaging.pixels import FloatImage, to_bytes, to_float
from toonbooth.imaging.ranks import medians
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian, guided_planes
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Points, scaled

_SUBPIXEL_BITS = 4
_SMALLEST_LOCK, _MOST_OF_A_FACE, _FAIR_HAIR = 0.012, 0.2, 0.1
"""Squared face widths of a face that locks hang over, the share of it that is too much for locks, and squared
face widths of hair of their colour beside it."""

_GREY = 2.0
"""Mean of a* and b* under which a face has no colours: the photo is black and white."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Soft masks, all (H, W) float32 in 0…1, of one size.

    person : who stands before the background.
    skin : bare skin of faces, necks, arms, without eyes, brows and lips.
    features : eyes, brows, lips and nostrils with a margin, where detail matters.
    eyes : eye openings with lids and lashes.
    lips : outer lips.
    mouth : what an open mouth shows, teeth above all.
    cheeks : where a blush sits.
    frames : dark frames of glasses.
    heads : the middle of each face and its width, (x, y, width) in pixels of the masks.
    beards : how likely each face has a beard, 0 … 1; empty as long as nobody has looked.
    locks : fair hair that hangs over faces; colours alone take it for skin. None without any.
    """

    person: FloatImage
    skin: FloatImage
    features: FloatImage
    eyes: FloatImage
    lips: FloatImage
    mouth: FloatImage
    cheeks: FloatImage
    frames: FloatImage
    heads: tuple[tuple[float, float, float], ...]
    beards: tuple[float, ...] = ()
    locks: FloatImage | None = None

    def within(self, window: tuple[slice, slice]) -> Regions:
        """The same masks over a part of the picture."""
        return Regions(
            self.person[window],
            self.skin[window],
            self.features[window],
            self.eyes[window],
            self.lips[window],
            self.mouth[window],
            self.cheeks[window],
            self.frames[window],
            tuple((x - window[1].start, y - window[0].start, width) for x, y, width in self.heads),
            self.beards,
            None if self.locks is None else self.locks[window],
        )

    def bare(self, skin: FloatImage) -> FloatImage:
        """What of a mask no lock hangs over."""
        return skin if self.locks is None else skin * (1 - self.locks)

    def of_head(self, head: int) -> Regions:
        """The same, but of skin and features only what is nearer to one head than to any other."""
        if len(self.heads) == 1:
            return self
        share = self.share_of(head)
        return replace(self, skin=self.skin * share, features=self.features * share)

    def share_of(self, head: int) -> FloatImage:
        """How much nearer every place is to one head than to any other, (H, W), 0 … 1."""
        height, width = self.skin.shape
        columns = np.arange(width, dtype=np.float32)[None, :]
        rows = np.arange(height, dtype=np.float32)[:, None]
        away = [
            np.square((columns - np.float32(x)) / across) + np.square((rows - np.float32(y)) / across)
            for x, y, across in self.heads
        ]
        others = np.minimum.reduce([each for i, each in enumerate(away) if i != head])
        return smoothstep(others - away[head], low=-0.2, high=0.2)


def polygon_mask(
    shape: tuple[int, int], points: Points, *, grow: float = 1.0, feather: float = 0.0
) -> FloatImage:
    """Fill a polygon, grown about its centre, its border blurred over `feather` pixels."""
    grown = points
    if grow != 1:
        centre = points.mean(axis=0)
        grown = (points - centre) * grow + centre
    reach = 3 * feather + 2
    rows, columns = _window(grown, shape, beside=reach, above=reach, below=reach)
    part = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    fixed = np.round((grown - (columns.start, rows.start)) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(part, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    if feather > 0:
        part = cv2.GaussianBlur(part, (0, 0), feather).astype(np.uint8, copy=False)
    mask = np.zeros(shape, np.float32)
    np.multiply(part, np.float32(1 / 255), out=mask[rows, columns])
    return mask


def find_regions(
    lab: FloatImage, grey: FloatImage, person: FloatImage, faces: tuple[Face, ...], *, scale: float
) -> Regions:
    """Tell the parts of a portrait apart.

    Parameters
    ----------
    lab : float32 array, shape (H, W, 3)
        The picture, smoothed, in L*a*b*.
    grey : float32 array, shape (H, W), range [0, 1]
        The picture as it is.
    person : float32 array, shape (H, W)
        The matte at the same size.
    faces : faces in the coordinates of the full picture.
    scale : float
        Size of `lab` over size of the full picture.

    Returns
    -------
    Regions of the size of `lab`.
    """
    shape = person.shape
    skin, features, eyes, lips, mouth, cheeks, frames = (np.zeros(shape, np.float32) for _ in range(7))
    heads: list[tuple[float, float, float]] = []
    locks: FloatImage | None = None
    for face in faces:
        width = face.width * scale
        if width < 6:
            continue
        points = scaled(face.landmarks, scale)
        near = _window(points, shape, beside=0.1 * width, above=0.1 * width, below=0.1 * width)
        local = points - np.array([near[1].start, near[0].start], np.float32)
        size = (near[0].stop - near[0].start, near[1].stop - near[1].start)
        fine, soft = width * 0.006, width * 0.014

        these_eyes = np.maximum(
            polygon_mask(size, _eye_and_lashes(local[facemap.LEFT_EYE]), feather=soft),
            polygon_mask(size, _eye_and_lashes(local[facemap.RIGHT_EYE]), feather=soft),
        )
        brows = np.maximum(
            polygon_mask(size, local[facemap.LEFT_BROW], grow=1.2, feather=soft),
            polygon_mask(size, local[facemap.RIGHT_BROW], grow=1.2, feather=soft),
        )
        these_lips = polygon_mask(size, local[facemap.LIPS_OUTER], grow=1.08, feather=soft)
        this_mouth = polygon_mask(size, local[facemap.LIPS_INNER], feather=fine)
        if _opening(local) < 0.035 * width:
            this_mouth *= 0
        nose = polygon_mask(size, local[facemap.NOSE_TIP], feather=soft * 2)
        detail = np.maximum.reduce([these_eyes, brows, these_lips])
        for whole, part in (
            (features, np.maximum(detail, 0.5 * nose)),
            (eyes, these_eyes),
            (lips, these_lips),
            (mouth, this_mouth),
            (cheeks, _blush(size, local, width)),
            (frames, find_frames(grey[near], local, width=width)),
        ):
            np.maximum(whole[near], part, out=whole[near])

        # Head, neck and shoulders may show skin; that is a large area, looked at in a quarter of its pixels.
        # As far as `_skin_like_face` looks, or skin would end in a straight line.
        wide = _window(points, shape, beside=1.5 * width, above=0.8 * width, below=2.25 * width)
        corner = np.array([wide[1].start, wide[0].start], np.float32)
        this_skin, hanging = _skin_like_face(lab[wide], person[wide], points - corner, features[wide], width)
        np.maximum(skin[wide], this_skin, out=skin[wide])
        if hanging is not None:
            locks = np.zeros(shape, np.float32) if locks is None else locks
            np.maximum(locks[wide], hanging, out=locks[wide])
        heads.append((float(points[:, 0].mean()), float(points[:, 1].mean()), width))
    skin *= np.float32(1) - frames
    np.maximum(features, np.float32(0.8) * frames, out=features)
    return Regions(person, skin, features, eyes, lips, mouth, cheeks, frames, tuple(heads), locks=locks)


def clean_matte(matte: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float) -> FloatImage:
    """Make a matte as decided as a drawing needs it.

    Keeps what hangs together with a face (the rest is furniture, posters, passers-by), and cuts off
    half-believed scraps and frayed threads, which would be outlined.

    Parameters
    ----------
    matte : float32 array, shape (H, W)
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the matte over size of the full picture.
    unit : float, pixels
        A four-hundredth of a face's width.

    Returns
    -------
    float32 array, shape (H, W).
    """
    matte = _without_stubs(matte, faces, scale=scale)
    thread = 2 * max(1, round(7 * unit)) + 1
    # Narrow medians one after the other take away what a wide one does, in a fifth of the time.
    even = to_bytes(matte)
    for _ in range(1 + max(0, thread - 5) // 2):
        even = cv2.medianBlur(even, min(thread, 5)).astype(np.uint8, copy=False)
    person = smoothstep(to_float(even), low=0.25, high=0.62)
    mask = (person > 0.3).astype(np.uint8)
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    keep = np.zeros(count, np.uint8)
    for face in faces:
        inside = polygon_mask(mask.shape, face.landmarks[facemap.OVAL] * np.float32(scale)) > 0.5
        keep[labels[inside]] = 1
    # What is fainter than the cut is the soft rim of something: of what, its surroundings tell.
    keep[0] = 0
    near = cv2.dilate(keep.take(np.asarray(labels)), np.ones((9, 9), np.uint8))
    return cv2.copyTo(person, near).astype(np.float32, copy=False)


def _without_stubs(matte: FloatImage, faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Cut off what is narrow between a head and the picture's upper edge: a matte is smeared there.

    The head's top goes on beneath as its two sides have it.
    """
    for face in faces:
        width = face.width * scale
        beside, band = round(0.05 * width), round(0.15 * width)
        if beside < 1 or face.landmarks[facemap.FOREHEAD_TOP, 1] * scale > 0.7 * width:
            continue
        tops = np.where((matte[:band] > 0.5).any(axis=0), (matte[:band] > 0.5).argmax(axis=0), band)
        edges = np.flatnonzero(np.diff(np.pad(matte[0] > 0.15, 1).astype(np.int8)))
        for start, end in edges.reshape(-1, 2):
            left, right = start - beside, end + beside
            if end - start > 0.33 * width or left < 3 * beside or right + 3 * beside > matte.shape[1]:
                continue
            sides = np.r_[left - 3 * beside : left, right : right + 3 * beside]
            middle, reach = (left + right) / 2, (right - left) / 2 + 3 * beside
            top = np.polynomial.Polynomial.fit((sides - middle) / reach, tops[sides], 2)
            columns = np.arange(left, right)
            below = np.arange(band)[:, None] - top((columns - middle) / reach)
            matte = matte.copy()
            matte[:band, left:right] *= np.clip(below + 0.5, 0, 1).astype(np.float32)
    return matte


def _window(
    points: Points, shape: tuple[int, int], *, beside: float, above: float, below: float
) -> tuple[slice, slice]:
    """Rows and columns of a face with a margin, within the picture and never empty."""
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0)
    # As `np.clip` does, which takes ten times as long for a single number.
    left, top = (int(min(max(v, 0), n - 1)) for v, n in ((x0 - beside, shape[1]), (y0 - above, shape[0])))
    right, bottom = int(min(shape[1], x1 + beside + 1)), int(min(shape[0], y1 + below + 1))
    return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))


def _eye_and_lashes(eye: Points) -> Points:
    """The eye opening with room for lids and lashes: more upwards and to the sides than down."""
    centre = eye.mean(axis=0)
    width = float(np.ptp(eye[:, 0]))
    # A closed or narrow eye still has lids to show.
    grown = (eye - centre) * np.array([1.35, 1.5], np.float32)
    grown[:, 1] += np.sign(grown[:, 1]) * width * 0.08
    moved: Points = grown + centre
    return moved


def _blush(size: tuple[int, int], points: Points, width: float) -> FloatImage:
    blush = np.zeros(size, np.float32)
    for cheek in (facemap.LEFT_CHEEK, facemap.RIGHT_CHEEK):
        x, y = points[cheek]
        columns = ((np.arange(size[1], dtype=np.float32) - x) / (0.13 * width)) ** 2
        rows = ((np.arange(size[0], dtype=np.float32) - y) / (0.09 * width)) ** 2
        blush += np.exp(-rows)[:, None] * np.exp(-columns)[None, :]
    return blush


def _opening(points: Points) -> float:
    return float(np.hypot(*(points[14] - points[13])))


def _skin_like_face(
    lab: FloatImage, person: FloatImage, points: Points, detail: FloatImage, width: float
) -> tuple[FloatImage, FloatImage | None]:
    """Skin by colour, and locks of fair hair over it, if there are any.

    A Gaussian in L*a*b* is learnt inside the face, and what is like it kept to where skin can be.
    """
    whole = person.shape
    half = (max(1, whole[1] // 2), max(1, whole[0] // 2))
    few, few_person = shrunk(lab, half), shrunk(person, half)
    few_points: Points = points * np.float32(0.5) - np.float32(0.25)
    few_width = width / 2
    size = few_person.shape
    oval = polygon_mask(size, few_points[facemap.OVAL], grow=0.93)
    seed = (oval > 0.9) & (shrunk(detail, half) < 0.05)
    samples = few[seed]
    if len(samples) < 30:
        return polygon_mask(whole, points[facemap.OVAL], feather=width * 0.02) * person, None
    median = medians(samples.T)
    typical = samples[np.abs(samples - median) @ np.array([0.5, 1, 1], np.float32) < 22]
    if len(typical) < 30:
        typical = samples
    mean = typical.mean(axis=0)
    # Shadow and light move L far more than hue: the floor keeps flat studio light from excluding them.
    covariance = np.cov(typical.T) + np.diag([60.0, 4.0, 6.0])
    whiten = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    offset = -(mean.astype(np.float32) @ whiten)
    away = cv2.transform(few, np.column_stack([whiten.T, offset]))
    distance = cv2.transform(away * away, np.ones((1, 3), np.float32)).astype(np.float32, copy=False)
    likely = np.exp(np.minimum(np.float32(3) - distance, 0) * np.float32(1 / 3))

    centre = few_points[facemap.OVAL].mean(axis=0)
    rows = ((np.arange(size[0], dtype=np.float32) - centre[1]) / np.float32(1.6 * few_width)) ** 2
    columns = ((np.arange(size[1], dtype=np.float32) - centre[0]) / np.float32(1.1 * few_width)) ** 2
    reach = smoothstep(rows[:, None] + columns[None, :], low=3.2, high=1.2)
    # Without colours, light cloth looks like skin; where a face ends is all that is known.
    if float(np.abs(samples[:, 1:]).mean()) < _GREY:
        reach = reach * polygon_mask(size, few_points[facemap.OVAL], grow=1.08, feather=few_width * 0.03)
    likely *= reach
    likely *= smoothstep(few_person, low=0.3, high=0.7)
    # Inside the face skin is expected: freckles and shine must not punch holes. Beards and glasses still can.
    core = polygon_mask(size, few_points[facemap.OVAL], grow=0.9, feather=few_width * 0.03)
    likely = np.maximum(likely, core * smoothstep(distance, low=16, high=7))
    likely = gaussian(likely.astype(np.float32, copy=False), sigma=few_width * 0.008)
    # Along the picture's own edges, or hairlines and chins blur.
    few_grey, grey = (
        np.multiply(cv2.extractChannel(image, 0), np.float32(0.01), dtype=np.float32) for image in (few, lab)
    )
    radius = max(2, round(few_width * 0.02))
    guided = guided_planes([likely], few_grey, radius=radius, contrast=0.04)[0]
    skin = smoothstep(guided.over(grey), low=0.25, high=0.7)
    hanging = _fair_locks(few, few_person, likely, oval, mean=median, width=few_width)
    if hanging is None:
        return skin, None
    locks = enlarged(hanging, whole[::-1])
    return skin * (1 - locks), locks


def _fair_locks(
    lab: FloatImage, person: FloatImage, skin: FloatImage, oval: FloatImage, *, mean: FloatImage, width: float
) -> FloatImage | None:
    """Locks of fair hair over a face, told from its skin by their hue and by the hair that they come from."""
    _, red, yellow = planes_of(lab)
    golden = golden_hue(red, yellow, (float(mean[1]), float(mean[2]))) * person
    fair = golden > 0.5
    face = oval > 0.5
    on_face = np.count_nonzero(fair & face)
    if not _SMALLEST_LOCK * width * width < on_face < _MOST_OF_A_FACE * np.count_nonzero(face):
        return None
    hair = fair & (skin < 0.2) & ~face
    if np.count_nonzero(hair) < _FAIR_HAIR * width * width:
        return None
    locks = parts_touching(fair, hair)
    if np.count_nonzero(locks & face) < _SMALLEST_LOCK * width * width:
        return None
    return gaussian(golden * locks, sigma=max(0.6, 0.006 * width))


def golden_hue(red: FloatImage, yellow: FloatImage, skin: tuple[float, float]) -> FloatImage:
    """How much yellower colours, a* and b*, are than skin of their redness, 0 … 1: blond strands and gold.

    `skin` : its a* and b*.
    """
    usual = max(skin[1], 4.0)
    return smoothstep(
        yellow - red * np.float32(usual / max(skin[0], 6.0)), low=0.35 * usual + 3, high=0.7 * usual + 5
    )

"""Eyes and lips as a poster prints them: flat shapes from the landmarks, under the lines of the photo."""

from __future__ import annotations

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.inks import Colour, mixed
from toonbooth.drawing.jawline import jaw_stroke
from toonbooth.drawing.lenses import find_spectacles
from toonbooth.drawing.likeness import face_window, look_at
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.teeth import rows_of_teeth
from toonbooth.imaging.colour import luma, planes_of
from toonbooth.imaging.paths import tangents
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.ranks import percentile
from toonbooth.imaging.smoothing import gaussian_exactly
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Eye, Face, Points, Portrait

_CLOSED = 0.1
_SUBPIXEL_BITS = 4

_TEETH_AT = (-0.115, -0.062, 0.0, 0.062, 0.115)
"""Where the gaps beside the incisors lie, in face widths from the middle; more would be a fence."""

_NOSTRIL = (0.0002, 0.0037)
"""Area of black on one side of a nose, over the square of a face's width, from which on it is a nostril and
from which on a blot."""

_SHADED_LIP = 0.6
"""Light of the upper lip, as a share of the lower's, at which it is printed fully darker."""


def print_eyes(
    colours: ByteImage, ink: ByteImage, face: Face, *, iris: Colour, white: Colour, light_from: float
) -> None:
    """Print whites and irises under the key plate and clear the plate for them, in place.

    Parameters
    ----------
    colours : uint8 array, shape (H, W, 3)
        The colour plates, printed.
    ink : uint8 array, shape (H, W)
        The key plate; 255 is black.
    face : in the same pixels
    iris, white : inks
    light_from : float, -1 … 1
    """
    for eye in (face.left_eye, face.right_eye):
        if eye.openness >= _CLOSED and eye.iris_radius >= 1.5:
            _print_eye(colours, ink, eye, iris=iris, white=white, light_from=light_from)


def _print_eye(
    colours: ByteImage, ink: ByteImage, eye: Eye, *, iris: Colour, white: Colour, light_from: float
) -> None:
    radius = eye.iris_radius
    across = eye.contour[8] - eye.contour[0]
    reach = 0.75 * float(np.hypot(*across))
    middle = eye.contour.mean(axis=0)
    left, top = int(max(0, middle[0] - reach)), int(max(0, middle[1] - 0.8 * reach))
    right = int(min(ink.shape[1], middle[0] + reach))
    bottom = int(min(ink.shape[0], middle[1] + 0.8 * reach))
    if right - left < 4 or bottom - top < 4:
        return
    window = (slice(top, bottom), slice(left, right))
    corner = np.array([left, top], np.float32)
    size = (bottom - top, right - left)
    contour = eye.contour - corner
    opening = polygon_mask(size, _rounded(contour), feather=0.6)
    x = (np.arange(left, right, dtype=np.float32)[None, :] - np.float32(eye.iris_centre[0])) / radius
    y = (np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(eye.iris_centre[1])) / radius
    distance = np.sqrt(x * x + y * y)
    edge = 0.6 / radius

    def disc(away: FloatImage, size: float) -> FloatImage:
        return smoothstep(away, low=size + edge, high=size - edge)

    ball = disc(distance, 1.0)
    part = to_float(colours[window])
    _lay(part, white, opening)
    _lay(part, iris, opening * ball)
    # Light falls through the cornea and out on the far lower side of the iris.
    glow = ball * disc(np.sqrt(np.square(x + 0.25 * light_from) + np.square(y - 0.45)), 0.6)
    _lay(part, mixed(iris, white, 0.35), opening * glow)

    key = ink[window].astype(np.float32) * np.float32(1 / 255)
    photo = key * (1 - ball * opening)
    # The photo's own shadow along the upper lid stays; its grey veil over the white doesn't.
    inner = polygon_mask(
        size, (contour - contour.mean(axis=0)) * np.float32(0.8) + contour.mean(axis=0), feather=1
    )
    photo *= 1 - np.float32(0.85) * inner
    rim = ball * (1 - disc(distance, 0.8))
    pupil = disc(distance, 0.44)
    lid = ball * smoothstep(y + np.float32(0.1) * x * x, low=-0.45, high=-0.6)
    drawn = opening * np.maximum.reduce([rim, pupil, lid])
    line = _upper_lid(size, contour, radius)
    key = np.maximum.reduce([photo, drawn, line])
    light = opening * disc(np.sqrt(np.square(x - np.float32(0.36 * light_from)) + np.square(y + 0.34)), 0.25)
    _lay(part, white, light)
    key *= 1 - light
    colours[window] = to_bytes(part)
    ink[window] = to_bytes(key)


def _upper_lid(shape: tuple[int, int], contour: Points, radius: float) -> FloatImage:
    """A stroke along the upper lid, thickest over the iris, tapering to both corners."""
    upper = _resampled(contour[:9], 24)
    along = np.linspace(0, 1, len(upper), dtype=np.float32)
    tangent = tangents(upper)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-3)
    if normal[:, 1].mean() > 0:
        normal = -normal
    half = np.float32(0.2 * radius) * (np.float32(0.35) + np.sin(np.pi * along))
    outline = np.concatenate(
        [upper + normal * half[:, None] * 1.4, (upper - normal * half[:, None] * 0.4)[::-1]]
    )
    return polygon_mask(shape, outline.astype(np.float32), feather=0.4)


def _resampled(points: Points, count: int) -> Points:
    steps = np.arange(len(points), dtype=np.float32)
    at = np.linspace(0, len(points) - 1, count, dtype=np.float32)
    path = np.stack([np.interp(at, steps, points[:, i]) for i in range(2)], axis=1).astype(np.float32)
    smooth = path.copy()
    for _ in range(3):
        smooth[1:-1] = (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4
    return smooth


def _rounded(points: Points) -> Points:
    """A closed outline through the middles of many small steps between points, so that it has no corners."""
    closed = np.concatenate([points, points[:1]])
    steps = np.arange(len(closed), dtype=np.float32)
    at = np.linspace(0, len(points), 6 * len(points), endpoint=False, dtype=np.float32)
    path = np.stack([np.interp(at, steps, closed[:, i]) for i in range(2)], axis=1).astype(np.float32)
    for _ in range(4):
        path = ((np.roll(path, 1, axis=0) + 2 * path + np.roll(path, -1, axis=0)) / 4).astype(np.float32)
    return path


def print_lips(
    colours: ByteImage,
    ink: ByteImage,
    photo: ByteImage,
    face: Face,
    *,
    lips: Colour,
    teeth: Colour,
    shift: tuple[float, float],
) -> None:
    """Print lips, a little off register, and the teeth between them under the key plate, in place.

    Parameters
    ----------
    colours : uint8 array, shape (H, W, 3)
    ink : uint8 array, shape (H, W)
        The key plate; it keeps the lips' lines and a dark mouth, and loses the lines between teeth.
    photo : uint8 array, shape (H, W, 3)
    face : in the same pixels
    lips, teeth : inks
    shift : (x, y), pixels
        How far the lips' ink lies beside its place.
    """
    width = face.width
    points = face.landmarks
    low, high = points[facemap.LIPS_OUTER].min(axis=0), points[facemap.LIPS_OUTER].max(axis=0)
    margin = 0.05 * width
    left, top = int(max(0, low[0] - margin)), int(max(0, low[1] - margin))
    # Plates are padded; where a face is cut by the frame, its photo ends before they do.
    right = int(min(photo.shape[1], high[0] + margin + 1))
    bottom = int(min(photo.shape[0], high[1] + margin + 1))
    if right - left < 4 or bottom - top < 4:
        return
    window = (slice(top, bottom), slice(left, right))
    corner = np.array([left, top], np.float32)
    size = (bottom - top, right - left)
    outer = polygon_mask(
        size, _rounded(points[facemap.LIPS_OUTER] - corner + np.array(shift, np.float32)), feather=0.6
    )
    inner = polygon_mask(size, _rounded(points[facemap.LIPS_INNER] - corner), feather=0.6)
    rows = _teeth(photo[window], inner, points - corner, width)
    if float(np.hypot(*(points[14] - points[13]))) < _least_opening(photo[window], inner, rows) * width:
        inner *= 0
    part = to_float(colours[window])
    _lay(part, lips, outer * (1 - inner))
    # Tongue and gums are printed like lips, only deeper; a shimmer in the corners is no tooth.
    deeper = (0.6 * lips[0], 0.5 * lips[1], 0.54 * lips[2])
    above = polygon_mask(size, _upper_lip_of(points) - corner, feather=0.6)
    _lay(part, mixed(lips, deeper, 0.75 * _shade_of(photo[window], above, outer)), above * (1 - inner))
    _lay(part, deeper, inner)
    white = np.zeros(size, np.float32)
    for row in rows:
        np.maximum(white, polygon_mask(size, row, feather=0.6), out=white)
    _lay(part, teeth, inner * white)
    if rows:
        gaps = _gaps(size, rows[0], points - corner, width)
        _lay(part, mixed(teeth, deeper, 0.38), inner * white * gaps)
    colours[window] = to_bytes(part)
    key = to_float(ink[window])
    # Lips in the shade are dark lips: printed black the upper one would be a moustache.
    key *= 1 - polygon_mask(size, _rounded(points[facemap.LIPS_OUTER] - corner), grow=1.02, feather=0.6)
    if not inner.any():
        key = np.maximum(key, _mouth_line(size, points - corner, width))
    else:
        dark = _throat(photo[window], inner, white, width)
        clear = polygon_mask(size, _rounded(points[facemap.LIPS_INNER] - corner), grow=0.96, feather=0.6)
        key += clear * (dark - key)
        key = np.maximum(key, _lip_line(size, points - corner, width))
    ink[window] = to_bytes(key)


def _least_opening(photo: ByteImage, mouth: FloatImage, rows: tuple[Points, ...]) -> float:
    """From which opening in face widths a mouth is drawn open: a narrow one has teeth, or is dark."""
    grey = luma(photo)
    inside, about = grey[mouth > 0.8], grey[mouth < 0.05]
    dark = len(inside) > 5 and len(about) > 5 and float(np.median(inside)) < 0.42 * float(np.median(about))
    return 0.03 if rows or dark else 0.055


def _upper_lip_of(points: Points) -> Points:
    """The outline of the upper lip, a little into the mouth: there its own line lies."""
    edge, inner = points[facemap.LIPS_OUTER[:11]], points[facemap.LIPS_INNER[:11]]
    return np.concatenate([_resampled(edge, 24), _resampled(inner, 24)[::-1]])


def _shade_of(photo: ByteImage, upper: FloatImage, lips: FloatImage) -> float:
    """How deep in the shade the upper lip lies beside the lower one, 0.25 … 1."""
    grey = luma(photo)
    above, below = grey[upper > 0.7], grey[(lips > 0.7) & (upper < 0.3)]
    if len(above) < 6 or len(below) < 6:
        return 0.25
    share = float(np.median(above)) / max(float(np.percentile(below, 60)), 0.02)
    return float(np.interp(share, (_SHADED_LIP, 1.0), (1.0, 0.25)))


def _throat(photo: ByteImage, mouth: FloatImage, teeth: FloatImage, width: float) -> FloatImage:
    """What is black in an open mouth: where it is deep, not where teeth lie in the shade."""
    grey = gaussian_exactly(luma(photo), sigma=max(0.6, 0.012 * width))
    inside = mouth > 0.5
    bright = percentile(grey[inside], 90) if inside.any() else 1.0
    dark: FloatImage = smoothstep(grey, low=0.5 * bright, high=0.42 * bright) * (1 - teeth)
    # Slivers beside teeth are shade.
    thick = gaussian_exactly(dark * mouth, sigma=0.02 * width)
    return dark * smoothstep(thick, low=0.35, high=0.5)


def _gaps(size: tuple[int, int], row: Points, points: Points, width: float) -> FloatImage:
    """The gaps between teeth: short strokes down from the gums, widest apart in the middle."""
    upper, lower = row[: len(row) // 2], row[: len(row) // 2 - 1 : -1]
    middle = int(np.argmin(np.square(upper - points[13]).sum(axis=1)))
    gaps = np.zeros(size, np.float32)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(upper, axis=0).T))])
    away = length - length[middle]
    half = max(0.3, 0.0026 * width)
    for place in _TEETH_AT:
        at = float(place * width)
        if not away[0] + 0.03 * width < at < away[-1] - 0.03 * width:
            continue
        top, bottom = (
            np.array([np.interp(at, away, edge[:, axis]) for axis in range(2)]) for edge in (upper, lower)
        )
        if float(np.hypot(*(bottom - top))) < 0.03 * width:
            continue
        end = top + (0.8 - 1.5 * abs(place)) * (bottom - top)
        start = top - 0.1 * (bottom - top)
        across = np.array([half, 0.0])
        wedge = np.array([start - across, start + across, end + 0.3 * across, end - 0.3 * across], np.float32)
        np.maximum(gaps, polygon_mask(size, wedge, feather=0.4), out=gaps)
    return gaps


def _teeth(photo: ByteImage, mouth: FloatImage, points: Points, width: float) -> tuple[Points, ...]:
    """The rows of teeth in an open mouth: what is light there and not as red as a tongue; all or nothing."""
    sure = mouth > 0.6
    if np.count_nonzero(sure) < 8:
        return ()
    lab = cv2.cvtColor(to_float(photo), cv2.COLOR_RGB2LAB)
    calm = gaussian_exactly(lab.astype(np.float32, copy=False), sigma=max(0.6, 0.012 * width))
    lightness, red = planes_of(calm)[:2]
    reddest = percentile(red[sure], 90)
    palest = percentile(red[sure], 10)
    light = smoothstep(lightness, low=38.0, high=46.0)
    border = 0.5 * (palest + max(reddest, palest + 16))
    teeth = light * smoothstep(red, low=border + 4, high=border - 4)
    if float(teeth[sure].mean()) < 0.1:
        return ()
    return rows_of_teeth(gaussian_exactly(teeth, sigma=max(0.6, 0.01 * width)), points)


def print_jaw(ink: ByteImage, portrait: Portrait, face: Face, *, weight: float) -> None:
    """Draw the line between chin and neck, which dots alone would break up, in place."""
    stroke = jaw_stroke(portrait, face, weight=weight) if face.width >= 50 else None
    if stroke is not None:
        window, line = stroke
        ink[window] = np.maximum(ink[window], to_bytes(line))


def print_spectacles(ink: ByteImage, portrait: Portrait, face: Face) -> None:
    """Draw somebody's glasses whole, in place: lenses closed, bridge and arms joined."""
    rows, columns = face_window(face, portrait.picture.shape)
    skin = np.ascontiguousarray(portrait.matte[rows, columns])
    seen = look_at(portrait, face, portrait.picture, skin)
    worn = find_spectacles(seen)
    if worn is None:
        return
    part = np.ascontiguousarray(ink[rows, columns])
    for outline in worn.outlines():
        fixed = [np.round(each * (1 << _SUBPIXEL_BITS)).astype(np.int32) for each in outline]
        cv2.fillPoly(part, fixed, (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
    ink[rows, columns] = part


def print_nose(ink: ByteImage, face: Face) -> None:
    """Draw nostrils where the photo's are too faint for the key plate or a blot on it, in place."""
    width = face.width
    points = face.landmarks
    tip = points[facemap.NOSE_TIP]
    low, high = tip.min(axis=0) - 0.02 * width, tip.max(axis=0) + 0.05 * width
    left, top = (int(max(0, v)) for v in low)
    right, bottom = int(min(ink.shape[1], high[0] + 1)), int(min(ink.shape[0], high[1] + 1))
    if right - left < 6 or bottom - top < 6:
        return
    corner = np.array([left, top], np.float32)
    size = (bottom - top, right - left)
    part = to_float(ink[top:bottom, left:right])
    up = facemap.upright(points)
    for path, wing in (((64, 98, 97), 129), ((294, 327, 326), 358)):
        outline = points[list(path)] - corner
        # A nostril on the far side of a turned head isn't seen.
        if float(np.hypot(*(outline[2] - outline[0]))) < 0.045 * width:
            continue
        # From the wing to the middle, and no farther down than the lip: there moustaches grow.
        above = np.array([points[wing] - corner, points[4] - corner])
        below = outline[::-1] - up * np.float32(0.012 * width)
        place = polygon_mask(size, np.concatenate([outline[:1], above, below]).astype(np.float32)) > 0.5
        inked = np.count_nonzero(place & (part > 0.5)) / width**2
        if _NOSTRIL[0] < inked < _NOSTRIL[1]:
            continue
        if inked >= _NOSTRIL[1]:
            part *= 1 - gaussian_exactly(place.astype(np.float32), sigma=max(0.6, 0.006 * width))
        np.maximum(part, _tapered(size, outline, width), out=part)
    ink[top:bottom, left:right] = to_bytes(part)


def _tapered(shape: tuple[int, ...], points: Points, width: float) -> FloatImage:
    """A curved stroke, thickest in its middle."""
    path = _resampled(points.astype(np.float32), 16)
    along = np.linspace(0, 1, len(path), dtype=np.float32)
    half = np.float32(0.0085 * width) * np.sin(np.pi * (np.float32(0.1) + np.float32(0.85) * along))
    down = np.stack([np.zeros_like(half), half], axis=1)
    outline = np.concatenate([path - down, (path + down)[::-1]]).astype(np.float32)
    return polygon_mask((shape[0], shape[1]), outline, feather=0.4)


def _mouth_line(shape: tuple[int, int], points: Points, width: float) -> FloatImage:
    """Where closed lips meet: a stroke from corner to corner, thinner at its ends and in the middle."""
    upper, lower = points[facemap.LIPS_INNER[:11]], points[facemap.LIPS_INNER[[0, *range(19, 10, -1), 10]]]
    path = _resampled(((upper + lower) / 2).astype(np.float32), 30)
    along = np.linspace(0, 1, len(path), dtype=np.float32)
    half = np.float32(0.0085 * width) * (np.sin(np.pi * along) * np.float32(0.8) + np.float32(0.2))
    half *= 1 - np.float32(0.35) * np.exp(-np.square((along - np.float32(0.5)) / np.float32(0.12)))
    down = np.stack([np.zeros_like(half), half], axis=1)
    return polygon_mask(
        shape, np.concatenate([path - down, (path + down)[::-1]]).astype(np.float32), feather=0.4
    )


def _lip_line(shape: tuple[int, int], points: Points, width: float) -> FloatImage:
    """The edge of an open mouth's upper lip, and the two corners: a stroke that tapers to its middle."""
    path = _resampled(points[facemap.LIPS_INNER[:11]].astype(np.float32), 30)
    along = np.linspace(-1, 1, len(path), dtype=np.float32)
    half = np.float32(0.008 * width) * (np.float32(0.35) + np.float32(0.65) * np.abs(along) ** 2)
    half *= np.sqrt(np.clip((np.float32(1.06) - np.abs(along)) / np.float32(0.16), 0, 1))
    down = np.stack([np.zeros_like(half), half], axis=1)
    return polygon_mask(
        shape, np.concatenate([path - down, (path + down)[::-1]]).astype(np.float32), feather=0.4
    )


def _lay(picture: FloatImage, colour: Colour, where: FloatImage) -> None:
    picture += where[..., None] * (np.array(colour, np.float32) - picture)


def eye_white(photo: ByteImage, eyes: tuple[Eye, Eye]) -> float:
    """How light the whites of the eyes are in the photo, 0 … 1: they tell a dark photo from dark skin."""
    seen = []
    for eye in eyes:
        low, high = eye.contour.min(axis=0), eye.contour.max(axis=0)
        left, top = (int(max(0, v)) for v in low)
        right, bottom = int(min(photo.shape[1], high[0] + 1)), int(min(photo.shape[0], high[1] + 1))
        if right - left >= 4 and bottom - top >= 2:
            mask = polygon_mask((bottom - top, right - left), eye.contour - np.array([left, top], np.float32))
            seen.append(luma(photo[top:bottom, left:right])[mask > 0.9])
    samples = np.concatenate(seen) if seen else np.zeros(0, np.float32)
    return percentile(samples, 92) if len(samples) >= 12 else 0.6


def lip_redness(photo: ByteImage, face: Face, skin_red: float) -> float:
    """How much redder the lips are than the skin, in a*."""
    low = face.landmarks[facemap.LIPS_OUTER].min(axis=0)
    high = face.landmarks[facemap.LIPS_OUTER].max(axis=0)
    left, top = (int(max(0, v)) for v in low)
    right, bottom = int(min(photo.shape[1], high[0] + 1)), int(min(photo.shape[0], high[1] + 1))
    if right - left < 3 or bottom - top < 3:
        return 0.0
    corner = np.array([left, top], np.float32)
    size = (bottom - top, right - left)
    mask = polygon_mask(size, face.landmarks[facemap.LIPS_OUTER] - corner, grow=0.9)
    mask -= polygon_mask(size, face.landmarks[facemap.LIPS_INNER] - corner, grow=1.1)
    lab = cv2.cvtColor(to_float(photo[top:bottom, left:right]), cv2.COLOR_RGB2LAB)
    inside = lab[mask > 0.8]
    return float(np.median(inside[:, 1])) - skin_red if len(inside) >= 4 else 0.0

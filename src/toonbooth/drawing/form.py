"""The form of heads and bodies: which way their surfaces face, and how strokes run around them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.regions import Regions
from toonbooth.imaging.flow import Flow
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.resize import shrunk
from toonbooth.imaging.smoothing import gaussian, masked_blur
from toonbooth.imaging.strokes import Directions
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, scaled

_FACE_GRID = 72
"""Cells across a face in which its depth is gathered: landmarks lie about three cells apart."""

_LED = 18.0
"""How much more the forms of cloth count than the hand's own way."""


@dataclass(frozen=True, slots=True)
class HandMoves:
    """How the drawing hand moves; a calm thing, so half the picture's size is enough for it.

    directions : of strokes.
    flowing : (H, W) float32, 0 where they follow the form … 1 where they follow strands and folds.
    length : (H, W) float32, factor on their length.
    """

    directions: Directions
    flowing: FloatImage
    length: FloatImage


def find_slopes(
    person: FloatImage, faces: tuple[Face, ...], *, scale: float, unit: float
) -> tuple[FloatImage, FloatImage]:
    """Estimate how surfaces lean: on faces from the mesh, elsewhere as if the silhouette were inflated.

    Parameters
    ----------
    person : float32 array, shape (H, W)
        The matte.
    faces : faces in the coordinates of the full picture
    scale : float
        Size of the matte over size of the full picture.
    unit : float, pixels of the matte
        A four-hundredth of a face's width.

    Returns
    -------
    Two float32 arrays, shape (H, W): x and y of the unit normal, positive to the right and down.

    References
    ----------
    S. F. Johnston, "Lumo: illumination for cel animation", NPAR 2002. doi:10.1145/508530.508538
    """
    calm = gaussian(person, sigma=max(1.0, 60 * unit))
    lean = np.float32(-90 * max(unit, 0.1) * 0.125) * person
    x: FloatImage = cv2.Sobel(calm, cv2.CV_32F, 1, 0) * lean
    y: FloatImage = cv2.Sobel(calm, cv2.CV_32F, 0, 1) * lean
    for face in faces:
        _lay_mesh(x, y, face, scale=scale)
    length = np.maximum(np.sqrt(x * x + y * y), np.float32(0.97)) * np.float32(1 / 0.97)
    return (x / length).astype(np.float32), (y / length).astype(np.float32)


def strokes_around(slope_x: FloatImage, slope_y: FloatImage, *, angle: float, roundness: float) -> Directions:
    """Directions of hatching that starts at one angle and bends around the form.

    The strokes are where parallel planes, leaning towards the viewer, would cut the surface.

    Parameters
    ----------
    slope_x, slope_y : float32 arrays, shape (H, W)
        From `find_slopes`.
    angle : radians, clockwise from the x axis
        Direction on surfaces that face the viewer.
    roundness : float, 0 … 1.5
        0 keeps the hatching straight; turning it up wraps it around cheeks and arms.
    """
    facing = np.sqrt(np.maximum(1 - slope_x * slope_x - slope_y * slope_y, np.float32(0)))
    x = facing * np.float32(np.cos(angle)) - np.float32(roundness) * slope_y
    y = facing * np.float32(np.sin(angle)) + np.float32(roundness) * slope_x
    square = np.maximum(x * x + y * y, np.float32(1e-6))
    return Directions(
        ((x * x - y * y) / square).astype(np.float32, copy=False),
        (2 * x * y / square).astype(np.float32, copy=False),
    )


def follow_structure(
    around: Directions,
    flow: Flow,
    grey: FloatImage,
    regions: Regions,
    hair: FloatImage,
    *,
    far: FloatImage,
    unit: float,
) -> HandMoves:
    """Let strands and folds lead the hand wherever there are any; bare skin has only its form.

    Parameters
    ----------
    around : Directions along the form
    flow : Flow of the picture
    grey : float32 array, shape (H, W), range [0, 1]
        The picture, smoothed.
    regions : of the same size
    hair : float32 array, shape (H, W), 0 … 1
        Where hair is: cloth is led by long folds alone.
    far : float32 array, shape (H, W), 0 at a head … 1 far away, where the hand moves in larger sweeps
    unit : float, pixels
        A four-hundredth of a face's width.
    """
    change = cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    )
    # Noise in dark cloth has a direction too; only what can be seen counts.
    weight: FloatImage = (change / (change + np.float32(0.012) + np.float32(0.02) * far)).astype(
        np.float32, copy=False
    )
    weight *= flow.coherence * regions.person * (1 - np.float32(0.93) * regions.skin)
    size = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
    planes = [
        shrunk(plane, size)
        for plane in ((flow.x * flow.x - flow.y * flow.y) * weight, 2 * flow.x * flow.y * weight, weight)
    ]
    around = Directions(shrunk(around.cos2, size), shrunk(around.sin2, size))
    far, loose, unit = shrunk(far, size), shrunk((1 - regions.skin) * regions.person, size), unit / 2
    fine, broad = max(0.6, 5.0 * unit), max(2.0, 32.0 * unit)
    near = 1 - far
    cos2, sin2, amount = (
        gaussian(plane, sigma=broad) * far + gaussian(plane, sigma=fine) * near for plane in planes
    )
    length = np.sqrt(cos2 * cos2 + sin2 * sin2)
    flowing = smoothstep(length / (amount + np.float32(0.04)), low=0.25, high=0.6)
    # Far from the face only what runs one way over a long stretch is hair or a fold; the rest is weave.
    mean_cos, mean_sin, mean = (gaussian(plane, sigma=max(1.5, 14.0 * unit)) for plane in planes)
    steady = np.sqrt(mean_cos * mean_cos + mean_sin * mean_sin) / (mean + np.float32(0.03))
    cloth = np.maximum(np.minimum(np.float32(1.8) * far, 1), 1 - shrunk(hair, size))
    flowing *= 1 - np.float32(0.97) * cloth * smoothstep(steady, low=0.96, high=0.8)
    # Lapels, sleeves and folds lead all the strokes near them, all together: else there'd be knots.
    led_cos, led_sin = (cloth * gaussian(plane, sigma=1.6 * broad) for plane in planes[:2])
    around = Directions(
        around.cos2 + np.float32(_LED) * led_cos, around.sin2 + np.float32(_LED) * led_sin
    ).unit()
    share = flowing / np.maximum(length, np.float32(1e-4))
    stay = 1 - flowing
    mixed = Directions(around.cos2 * stay + cos2 * share, around.sin2 * stay + sin2 * share)
    longer = np.float32(0.85) + loose * (np.float32(1.1) + np.float32(0.9) * flowing + np.float32(0.4) * far)
    # What is behind a person is laid in long sweeps.
    longer += np.float32(2.2) * shrunk(1 - regions.person, size)
    # Eyes, brows and lips are small: long strokes would run beyond them.
    longer *= 1 - np.float32(0.55) * shrunk(regions.features, size)
    return HandMoves(mixed, flowing, longer.astype(np.float32, copy=False))


def _lay_mesh(x: FloatImage, y: FloatImage, face: Face, *, scale: float) -> None:
    """Lay a face's normals, found from landmarks and depth, over a field in place."""
    points = scaled(face.landmarks, scale)
    height, width = x.shape
    low, high = points.min(axis=0), points.max(axis=0)
    left, top = (int(np.clip(v, 0, n - 1)) for v, n in zip(low, (width, height), strict=True))
    right, bottom = (int(np.clip(v + 2, 1, n)) for v, n in zip(high, (width, height), strict=True))
    if right - left < 6 or bottom - top < 6:
        return
    extent = np.maximum(high - low, np.float32(1))
    across = float(extent[0])
    cells = (_FACE_GRID, max(8, round(_FACE_GRID * float(extent[1]) / across)))
    pitch = across / _FACE_GRID
    where = np.clip(((points - low) / np.float32(pitch)).astype(np.int32), 0, np.array(cells) - 1)
    depth = np.zeros(cells[::-1], np.float32)
    seen = np.zeros(cells[::-1], np.float32)
    np.add.at(depth, (where[:, 1], where[:, 0]), face.depth * np.float32(scale / pitch))
    np.add.at(seen, (where[:, 1], where[:, 0]), np.float32(1))
    depth /= np.maximum(seen, np.float32(1))
    sure = np.minimum(seen, np.float32(1))
    depth = masked_blur(depth, sure, sigma=3.5)
    lean_x = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=0.125)
    lean_y = cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=0.125)
    # Depth grows away from the viewer: where it grows to the right the surface faces right.
    steep = np.sqrt(1 + lean_x * lean_x + lean_y * lean_y)
    weight = gaussian(cv2.dilate(sure, np.ones((5, 5), np.uint8)).astype(np.float32), sigma=2.5)
    weight = np.clip(weight * np.float32(1.6) - np.float32(0.5), 0, 1)
    move = np.array(
        [[1 / pitch, 0, (left - low[0]) / pitch], [0, 1 / pitch, (top - low[1]) / pitch]], np.float32
    )
    size, flags = (right - left, bottom - top), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mix = cv2.warpAffine(weight, move, size, flags=flags)
    for field, lean in ((x, lean_x / steep), (y, lean_y / steep)):
        part = field[top:bottom, left:right]
        laid = cv2.warpAffine(lean, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        part += mix * (laid - part)

"""Which part of a person is the head: cut along the jaw, with the hair and beard below it.

Everything here happens in the frame of one head, where a face is `UNIT_PIXELS` wide and upright.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.colours import (
    Cells,
    Counts,
    colours_within,
    count_colours,
    index_cells,
    log_likelihood,
    look_up,
)
from toonbooth.facecut.edges import EdgeFollower
from toonbooth.facecut.frame import UNIT_PIXELS
from toonbooth.facecut.hairline import trace_hairline
from toonbooth.facecut.jaw import outline_skull, trace_jaw
from toonbooth.facecut.landmarks import CHIN, JAW_ANGLES, LEFT_BROW, NOSE, OVAL, RIGHT_BROW
from toonbooth.facecut.outlines import (
    Mask,
    dilated,
    eroded,
    fill_polygon,
    grow,
    opened,
)
from toonbooth.facecut.shoulders import cloth_on_shoulders, on_shoulders
from toonbooth.facecut.skin import beard_share, chin_hair, find_beard, skin_likeness
from toonbooth.imaging.colour import planes_of, rgb_to_lab
from toonbooth.imaging.morphology import disk, parts_touching, small_parts
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_float
from toonbooth.imaging.ranks import median, percentile
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Points

_U: Final = float(UNIT_PIXELS)
_ROUNDS, _MOST_ROUNDS, _GROWING = 3, 6, 1.2
"""How often hair is followed with what was learnt from it; and at most, while it still grows by so much."""
_LEAST_STRAND: Final = 0.03
"""Squared face widths of hair beyond the skull below which it is a shadow on the neck."""
_SHAVEN: Final = 0.55
"""How bare a chin is from which hair on the cheeks beside it is no beard, 0…1."""
_STRANGE: Final = -8.0
"""Log-likelihood below which a colour was hardly ever seen."""
_DIM: Final = 0.7
"""How light well exposed faces are: the median of their strongest channel, 0…1."""
_MOST_EXPOSED: Final = 4.0
_HAIR_AWAY: Final = 1.2
_MUCH_HAIR: Final = 0.3
"""Squared face widths of hair below the jaw from which there is long hair: 0.38 and 1.4 measured, and at most
0.23 of collars and curls."""
_LOCKS_APART: Final = 0.2
"""How far locks hang from each other and from a jaw with hair behind them, face widths."""
_SLIT: Final = 0.1
"""What is no wider than this between them is no view past hair, face widths."""
_SHADE: Final = 0.75
"""How light that is at most, relative to the hair in the light."""
_NECK_ENDS: Final = 0.35
"""How far below the chin hair is seen behind a neck at most, face widths; lower there are clothes."""
_LEAST_HAIR: Final = 0.02
"""Squared face widths of hair or beard below which there is nothing to learn a colour from."""


@dataclass(frozen=True, slots=True)
class Head:
    """What of the frame belongs to the head.

    skull : (N, 2) outline; what of the person lies inside is kept whatever its colour.
    hair : (H, W) float32, 0…1; hair and beard that reach beyond that outline.
    hairline : (HAIRLINE_LENGTH,) float32, face widths, as `trace_hairline` finds it.
    """

    skull: Points
    hair: FloatImage
    hairline: FloatImage


@dataclass(frozen=True, slots=True)
class _Places:
    """Where every pixel lies, in face widths.

    aside : ≥ 0, from the chin to either side.
    from_neck : ≥ 0, the same from the middle of the neck; 1 is the angle of the jaw.
    down, below_nose, from_brow : below the chin, the nose, the brows; negative above.
    """

    aside: FloatImage
    from_neck: FloatImage
    down: FloatImage
    below_nose: FloatImage
    from_brow: FloatImage


def find_head(
    picture: ByteImage,
    matte: FloatImage,
    landmarks: Points,
    *,
    yaw: float = 0.0,
    foreign: Mask | None = None,
) -> Head:
    """Decide what belongs to the head.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3), sRGB, the frame's view
    matte : float32 array, shape (H, W), range [0, 1]
    landmarks : float32 array, shape (468, 2), frame pixels
    yaw : float, radians
        How far it is turned.
    foreign : bool array, shape (H, W), optional
        What of the matte is somebody else's.

    Returns
    -------
    Head
    """
    height, width = matte.shape
    size = (width, height)
    everybody = matte > 0.5
    if foreign is not None:
        matte = np.where(foreign, np.float32(0), matte)
    oval = landmarks[list(OVAL)]
    face = fill_polygon(oval, size=size)
    smooth = np.asarray(cv2.bilateralFilter(picture, 5, 18, 3), dtype=np.uint8)
    lab = rgb_to_lab(_brightened(to_float(smooth), face > 0.5))
    light = np.ascontiguousarray(lab[..., 0] * np.float32(0.01))
    cells = index_cells(lab)
    places = _measure_places(landmarks, size=size, yaw=yaw)

    skin = skin_likeness(lab, landmarks)
    beard = find_beard(lab, skin, landmarks)
    # Under stubble and beards nothing tells a collar from the chin but its edge.
    shaven = max(0.0, 1 - 1.5 * beard_share(skin, landmarks))
    skin_likelihood = log_likelihood(count_colours(cells, face * skin))
    shaded_likelihood = log_likelihood(_count_shaded(lab, face * skin))
    jaw = trace_jaw(
        lab,
        landmarks,
        foreign=(1 - skin) * np.float32(shaven),
        strange=_find_strange(
            cells,
            lab,
            matte,
            skin=face * skin,
            beard=chin_hair(skin, landmarks) if shaven < _SHAVEN else None,
            likelihood=np.maximum(skin_likelihood, shaded_likelihood),
        ),
        background=np.clip(1 - 2 * matte, 0, 1),
        yaw=yaw,
    )
    skull = outline_skull(landmarks, jaw, matte > 0.5, yaw=yaw)
    inside = fill_polygon(skull, size=size)

    firm = np.clip((matte - np.float32(0.7)) * 4, 0, 1)
    around_face = 1 - fill_polygon(grow(oval, 1.03), size=size)
    upper = np.clip(-places.below_nose / np.float32(0.2), 0, 1)
    hair_seed = inside * around_face * firm * upper * np.clip(1 - 1.6 * skin, 0, 1)
    neck_top = 0.45 if beard is not None else 0.07
    neck_seed = firm * ((places.aside < 0.2) & (places.down > neck_top) & (places.down < neck_top + 0.28))
    background_seed = np.clip((np.float32(0.12) - matte) * 10, 0, 1)

    skin_counts = count_colours(cells, face * skin)
    neck_counts = count_colours(cells, neck_seed)
    background_counts = count_colours(cells, background_seed)
    hair_counts = count_colours(cells, hair_seed)
    beard_counts = None if beard is None else count_colours(cells, beard)
    hair = np.zeros_like(matte)
    amount = float(hair_seed.sum()) + (0.0 if beard is None else float(beard.sum()))
    if amount > _LEAST_HAIR * _U * _U:
        prior = 2.2 * inside - 0.6 - 1.2 * _neck_prior(places, bearded=beard is not None)
        prior -= 1.2 * np.clip(cv2.magnitude(places.aside, places.from_brow / 2.2) - 0.75, 0, 2)
        hair = _follow_hair(
            cells,
            light,
            hair_counts=(hair_counts, beard_counts),
            other_counts=(skin_counts, neck_counts, background_counts * np.float32(0.3)),
            firm=firm,
            person=matte > 0.5,
            inside=inside,
            root=_hair_root(inside, face, places),
            bearded=beard is not None,
            # Beneath a beard a neck is seldom seen bare, and what looks like hair is a collar.
            shaded=_near_neck(shaded_likelihood, cells, places) - np.float32(2.5 if beard is None else 1.5),
            prior=prior.astype(np.float32),
            places=places,
        )
        hanging, person = (hair > 0.5) & (inside < 0.5), matte > 0.5
        chroma = cv2.magnitude(*planes_of(lab)[1:]).astype(np.float32, copy=False)
        hair *= ~on_shoulders(hanging, everybody, landmarks)
        hair *= ~cloth_on_shoulders(hanging, chroma, everybody, landmarks)
        hair = np.maximum(
            hair, _shade_between(hair, light, inside > 0.5, person & (places.down < _NECK_ENDS))
        )
    hairline = trace_hairline(
        cells,
        skin=skin_likelihood,
        # Beside the mesh lies shaded skin as well.
        hair=count_colours(cells, hair_seed * (1 - fill_polygon(grow(oval, _HAIR_AWAY), size=size))),
        hair_amount=float(hair_seed.sum()) / (_U * _U),
        person=matte,
        landmarks=landmarks,
        yaw=yaw,
        bearded=shaven < _SHAVEN,
    )
    return Head(skull=skull, hair=hair, hairline=hairline)


def _shade_between(hair: FloatImage, light: FloatImage, inside: Mask, person: Mask) -> FloatImage:
    """What is dark between long hair and a jaw or two locks, hair behind them in the shade; and slits.

    `person` is where there may be some.
    """
    hanging = (hair > 0.5) & ~inside
    if float(hanging.sum()) < _MUCH_HAIR * _U * _U:
        return np.zeros_like(hair)
    solid = (hanging | inside).astype(np.uint8)
    closed, narrow = (
        cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disk(apart / 2 * _U)) > 0 for apart in (_LOCKS_APART, _SLIT)
    )
    # A head in the dark may be wholly black.
    usual = max(1e-3, median(light[hanging]))
    dark = np.clip((np.float32(_SHADE * usual) - light) * np.float32(20 / usual) + np.float32(0.5), 0, 1)
    between: FloatImage = np.maximum(closed * gaussian(dark, sigma=0.01 * _U), narrow) * (person & ~inside)
    return between


def _brightened(image: FloatImage, face: Mask) -> FloatImage:
    """A dim photo as if it had been exposed for the face: in the dark all colours are one."""
    if not face.any():
        return image
    exposure = _DIM / max(median(np.maximum.reduce(colours_within(image, face).T.copy())), 0.02)
    if exposure <= 1:
        return image
    brightened: FloatImage = image * np.float32(min(exposure, _MOST_EXPOSED))
    return np.minimum(brightened, np.float32(1))


def _measure_places(landmarks: Points, *, size: tuple[int, int], yaw: float) -> _Places:
    width, height = size
    columns = np.arange(width, dtype=np.float32)[np.newaxis]
    rows = np.arange(height, dtype=np.float32)[:, np.newaxis]
    brow = landmarks[[*LEFT_BROW, *RIGHT_BROW], 1].mean()
    full = np.ones((height, width), np.float32)
    # A turned head shows its chin beside the neck, which stays between the angles of the jaw and behind them.
    left, right = landmarks[JAW_ANGLES[0], 0], landmarks[JAW_ANGLES[1], 0]
    half_neck = max(float(right - left) / 2, 0.25 * _U)
    middle = np.float32((left + right) / 2 - yaw * _U)
    return _Places(
        from_neck=np.abs(columns - middle) / np.float32(half_neck) * full,
        aside=np.abs(columns - landmarks[CHIN, 0]) / np.float32(_U) * full,
        down=(rows - landmarks[CHIN, 1]) / np.float32(_U) * full,
        below_nose=(rows - landmarks[NOSE, 1]) / np.float32(_U) * full,
        from_brow=(rows - brow) / np.float32(_U) * full,
    )


def _neck_prior(places: _Places, *, bearded: bool) -> FloatImage:
    """1 where the neck is, in front of which hair is rare; a beard may hang into it."""
    neck: FloatImage = np.clip((1.1 - places.from_neck) * 5, 0, 1) * np.clip((places.down + 0.25) * 10, 0, 1)
    neck *= np.clip((0.9 - places.down) * 3, 0, 1)
    if bearded:
        narrowing = 0.38 - 0.3 * np.clip(places.down, 0, 1)
        neck *= 1 - np.clip((narrowing - places.aside) * 10, 0, 1) * np.clip((0.45 - places.down) * 5, 0, 1)
    return neck


def _hair_root(inside: FloatImage, face: FloatImage, places: _Places) -> Mask:
    """Where hair that hangs below the jaw has to come from: beside the face, never the chin."""
    return np.asarray((inside > 0.5) & (face < 0.5) & (places.down < -0.35))


def _beard_reach(places: _Places) -> Mask:
    """Where a beard may hang, ever narrower below the chin."""
    half = np.clip(0.45 - 0.3 * places.down, 0.1, 0.45)
    return np.asarray((places.aside < half) & (places.down > -0.35) & (places.down < 1.3))


def _hanging_beard(hair: Mask, inside: Mask, places: _Places) -> Mask:
    """What of the hair hangs from the chin; nothing where it runs on to the sides, as collars do."""
    reach = _beard_reach(places)
    chin = inside & reach
    hanging = parts_touching((hair & reach) | chin, chin) & ~inside
    at_its_sides = hanging & ~eroded(reach, 0.03 * _U)
    if float(at_its_sides.sum()) > 0.12 * float(hanging.sum()):
        return np.zeros_like(hanging)
    return hanging


def _count_shaded(lab: FloatImage, skin: FloatImage) -> Counts:
    """Count the colours of this skin in deeper and deeper shadow."""
    samples = colours_within(lab, skin > 0.5)
    # In shadow light, green-red and blue-yellow shrink together.
    darker = np.stack([samples * np.float32(factor) for factor in (0.85, 0.7, 0.55, 0.4)])
    return count_colours(index_cells(darker), np.ones(darker.shape[:2], np.float32))


def _near_neck(likelihood: Counts, cells: Cells, places: _Places) -> FloatImage:
    """How likely every colour near the neck is; elsewhere not at all."""
    near = (places.from_neck < 1.3) & (places.down > -0.45) & (places.down < 0.6)
    return np.where(near, look_up(likelihood, cells), np.float32(-np.inf))


def _find_strange(
    cells: Cells,
    lab: FloatImage,
    matte: FloatImage,
    *,
    skin: FloatImage,
    beard: FloatImage | None,
    likelihood: Counts,
) -> FloatImage:
    """What has colours that neither the skin nor the beard has: 1 for collars and for the background."""
    if beard is not None:
        likelihood = np.maximum(likelihood, log_likelihood(count_colours(cells, beard)))
    strange = look_up(np.clip((_STRANGE - likelihood) / 2, 0, 1).astype(np.float32), cells)
    chosen = skin > 0.5
    if chosen.any():
        # A bright rim before the background is skin against the light.
        bright = lab[..., 0] > percentile(lab[..., 0][chosen], 70)
        strange[bright & ~eroded(matte > 0.25, 0.1 * _U)] = 0
    return strange


def _follow_hair(
    cells: Cells,
    light: FloatImage,
    *,
    hair_counts: tuple[Counts | None, ...],
    other_counts: tuple[Counts, ...],
    firm: FloatImage,
    person: Mask,
    inside: FloatImage,
    root: Mask,
    bearded: bool,
    shaded: FloatImage,
    prior: FloatImage,
    places: _Places,
) -> FloatImage:
    """Follow hair from the skull downwards by its colour, learning from what was found.

    Costs are smoothed along the picture's edges before deciding, after C. Rhemann et al., "Fast cost-volume
    filtering for visual correspondence and beyond", CVPR 2011. doi:10.1109/CVPR.2011.5995372
    """
    outside = inside < 0.5
    # The middle of the chest and the shoulders' ends are clothes more often than hair.
    clothes = firm * (
        ((places.aside < 0.2) & (places.down > 0.6)) | ((places.aside > 0.95) & (places.down > 0.4))
    )
    strands: Counts | None = None
    likely, hair = prior, person
    first: tuple[FloatImage, Mask] | None = None
    amount = before = 0.0
    edges = EdgeFollower(light, radius_pixels=0.03 * _U, contrast=0.045)
    for turn in range(_MOST_ROUNDS):
        mine = look_up(log_likelihood(*hair_counts, strands), cells)
        others = look_up(log_likelihood(*other_counts, count_colours(cells, clothes)), cells)
        by_colour = np.clip(mine - np.maximum(others, shaded), -4, 4)
        by_colour = edges.follow(by_colour)
        odds = by_colour + prior
        likely = (1 / (1 + np.exp(-1.5 * odds))).astype(np.float32)
        possible = opened((likely > 0.5) & person & outside, 0.03 * _U)
        hair = parts_touching(possible | (root & person), root & person)
        if bearded:
            hair |= _hanging_beard(possible, ~outside & person, places)
        hair &= ~small_parts(hair & outside & ~root, _LEAST_STRAND * _U * _U)
        found = firm * (hair & outside & (places.down > -0.3))
        amount = float(found.sum()) / (_U * _U)
        if first is None:
            first = likely, hair
        if amount < _LEAST_STRAND or (turn >= _ROUNDS - 1 and amount < max(_MUCH_HAIR, _GROWING * before)):
            break
        before = amount
        strands = count_colours(cells, found) if amount > 0.05 else None
        # By their colour: what the place alone speaks against would teach them the hair's.
        clothes = firm * (outside & (places.down > 0.2) & (by_colour < -0.5))
    if first is not None and amount < _MUCH_HAIR:
        # What was learnt from a tuft or two is a dark collar as often as more hair.
        likely, hair = first
    return likely * dilated(hair, 0.03 * _U)

"""The sheet a portrait is drawn upon: its background and its light, shared by the whole and its closeups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from toonbooth.drawing import facemap
from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.cel_backdrop import SceneLook, Scenery, draw_scene
from toonbooth.drawing.closeup import Closeup
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.imaging.ranks import median
from toonbooth.imaging.resize import Size
from toonbooth.portrait.model import Portrait


@dataclass(frozen=True, slots=True)
class Light:
    """How light falls.

    side : -1 from the left … 1 from the right.
    strength : how much lighter that side is, in L*.
    """

    side: float
    strength: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """What lies under a drawing.

    behind : Scenery, of the picture's size.
    light : (h, w) float32, added to L*, at half that size.
    """

    behind: Scenery
    light: FloatImage

    @classmethod
    def before(cls, portrait: Portrait, scene: SceneLook, light: Light, *, face_width: float) -> Sheet:
        """The sheet under a whole picture: a scene that sets off the person's hair."""
        height, width = portrait.picture.shape[:2]
        head = _middle(portrait, face_width)
        behind = draw_scene((width, height), scene, head=head, hair=_hair_lightness(portrait))
        return cls(behind, falling_light((max(8, width // 2), max(8, height // 2)), light))

    def closely(self, closeup: Closeup) -> Sheet:
        """The part under a closeup."""
        rows = slice(closeup.top, closeup.top + closeup.height)
        columns = slice(closeup.left, closeup.left + closeup.width)
        shape = cv2.resize(self.behind.shape[rows, columns], closeup.size, interpolation=cv2.INTER_CUBIC)
        size = (max(4, closeup.size[0] // 2), max(4, closeup.size[1] // 2))
        zoom = np.float32(1 / closeup.zoom)
        move = np.array([[zoom, 0, closeup.left / 2], [0, zoom, closeup.top / 2]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        light = cv2.warpAffine(self.light, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return Sheet(
            replace(self.behind, shape=shape.astype(np.uint8, copy=False)),
            light.astype(np.float32, copy=False),
        )


def _middle(portrait: Portrait, face_width: float) -> Head:
    """What a scene is centred on: the head, or the middle of a group, which is as wide as it is."""
    height, width = portrait.picture.shape[:2]
    if not portrait.faces:
        return Head(width / 2, height / 2, face_width)
    places = np.array([face.box.centre for face in portrait.faces])
    low, high = places.min(axis=0), places.max(axis=0)
    x, y = (low + high) / 2
    return Head(float(x), float(y), face_width + 0.45 * float(high[0] - low[0]))


def falling_light(size: Size, light: Light) -> FloatImage:
    """Light from above and one side, in L*."""
    width, height = size
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.float32(light.side)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    field: FloatImage = np.float32(light.strength) * (x * np.float32(0.7) - y * np.float32(0.5))
    return field


def _hair_lightness(portrait: Portrait) -> float:
    """L* of what is just above the forehead, hair or bald."""
    face = portrait.main_face
    if face is None:
        return 50.0
    x, y = face.landmarks[facemap.FOREHEAD_TOP]
    reach = max(2.0, 0.12 * face.width)
    rows = slice(max(0, int(y - 2.4 * reach)), max(1, int(y - 1.2 * reach)))
    columns = slice(max(0, int(x - 2 * reach)), max(1, int(x + 2 * reach)))
    seen = portrait.picture[rows, columns]
    return median(rgb_to_lab(to_float(seen))[..., 0]) if seen.size else 50.0

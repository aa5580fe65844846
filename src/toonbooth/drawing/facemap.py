"""Which points of the face mesh outline what, after MediaPipe's canonical face model."""

from typing import Final

import numpy as np

from toonbooth.portrait.model import Points

_RIGHT_TEMPLE: Final = [10, 338, 297, 332, 284, 251, 389, 356, 454]
_LEFT_TEMPLE: Final = [234, 127, 162, 21, 54, 103, 67, 109]
_LOWER_OVAL: Final = [
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
    152,
    148,
    176,
    149,
    150,
    136,
    172,
    58,
    132,
    93,
]
OVAL: Final = np.array([*_RIGHT_TEMPLE, *_LOWER_OVAL, *_LEFT_TEMPLE])
JAW: Final = np.array(_LOWER_OVAL)
NOSE_LEFT: Final = np.array([129, 64, 98, 97])
NOSE_RIGHT: Final = np.array([358, 294, 327, 326])
NOSE_BASE: Final = np.array([98, 97, 2, 326, 327])
LEFT_FOLD: Final = np.array([129, 206, 216])
RIGHT_FOLD: Final = np.array([358, 426, 436])
LIPS_OUTER: Final = np.array(
    [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
)
LIPS_INNER: Final = np.array(
    [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
)
LEFT_BROW: Final = np.array([70, 63, 105, 66, 107, 55, 65, 52, 53, 46])
RIGHT_BROW: Final = np.array([300, 293, 334, 296, 336, 285, 295, 282, 283, 276])
LEFT_EYE: Final = np.array([33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7])
RIGHT_EYE: Final = np.array([263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249])
LEFT_EYE_INNER: Final = 133
RIGHT_EYE_INNER: Final = 362
NOSE_TIP: Final = np.array([48, 115, 220, 45, 4, 275, 440, 344, 278, 294, 327, 326, 2, 97, 98, 64])
LEFT_CHEEK: Final = 50
RIGHT_CHEEK: Final = 280
FOREHEAD_TOP: Final = 10
CHIN: Final = 152


def upright(points: Points) -> Points:
    """The way up a face, from its chin to its forehead, of length 1."""
    axis = points[FOREHEAD_TOP] - points[CHIN]
    up: Points = axis / np.float32(max(1e-3, float(np.hypot(*axis))))
    return up

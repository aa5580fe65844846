"""Which of the 468 landmarks run along what: index lists of the MediaPipe face mesh."""

from typing import Final

FOREHEAD: Final = 10
CHIN: Final = 152
BETWEEN_EYES: Final = 168
NOSE: Final = 5
LOWER_LIP: Final = 17

OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176,
    149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The face's contour, clockwise in the picture from the middle of the forehead."""

JAW: Final = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
"""Below the left ear, along the jaw, over the chin, to below the right ear."""

RIM: Final = (
    172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356, 454, 323,
    361, 288, 397,
)  # fmt: skip
"""The contour from the left side of the jaw over the forehead to the right side."""

JAW_ANGLES: Final = (58, 288)
"""Where the jaw turns up to the left and to the right ear."""

CHIN_LINE: Final = (150, 149, 176, 148, 152, 377, 400, 378, 379)
"""The jaw's lower end."""

LOBES: Final = ((132, 132, 132, 58), (361, 361, 361, 288))
"""About where the ear lobes end; points count as often as they are named."""

EAR_LINE: Final = (234, 454)
"""Where the face ends at the left and at the right ear."""

LEFT_EYE: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_EYE: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
INNER_CORNERS: Final = (133, 362)
"""Of the left and the right eye."""

LEFT_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW: Final = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
LIPS: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)

CHEEKS: Final = ((116, 123, 50, 205, 207, 187, 147), (345, 352, 280, 425, 427, 411, 376))
"""Skin that is seldom covered: beneath the eyes, beside the nose."""

BEARD: Final = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 364, 406, 18, 182, 135)
"""Where a full beard grows: from below the lower lip down to the jaw, between its angles."""

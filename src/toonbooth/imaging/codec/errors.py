"""What can be wrong with a picture file; `imaging.codec` and `imaging.metadata` fail in no other way.

ImageError                      ValueError
├── UnsupportedFormatError      no picture, or of a kind that isn't taken
├── BrokenImageError            cut off, damaged, or its header lies
├── ImageTooLargeError          more pixels than will be decoded
└── AnimatedImageError          more than one frame
"""

from typing import ClassVar


class ImageError(ValueError):
    """A picture that cannot be taken. `code` is stable; the sentence is for the person who sent it."""

    code: ClassVar[str] = "bad_image"


class UnsupportedFormatError(ImageError):
    code = "unsupported_image_type"

    def __init__(
        self,
        sentence: str = "This file isn't a picture we can read. Please send a JPEG, PNG, WebP, HEIC or AVIF.",
    ) -> None:
        super().__init__(sentence)


class BrokenImageError(ImageError):
    """`detail` says for the log what exactly is wrong; it is not part of the sentence."""

    code = "broken_image"

    def __init__(self, detail: str) -> None:
        super().__init__("The picture is damaged or incomplete. Please send it again or choose another one.")
        self.detail = detail


class ImageTooLargeError(ImageError):
    code = "image_too_large"

    def __init__(self, width: int, height: int, *, max_pixels: int, max_side: int) -> None:
        super().__init__(
            f"The picture has {width} × {height} pixels. Please send one of at most"
            f" {max_pixels / 1_000_000:g} megapixels and no side over {max_side} pixels."
        )


class AnimatedImageError(ImageError):
    code = "animated_image"

    def __init__(self) -> None:
        super().__init__("The picture is animated. Please send a still photo.")

"""What the service has its workers do.

The heavy imports stand inside of the functions: numpy, OpenCV and the networks are loaded in workers alone,
which keeps the service's own process small and quick to start. Failures leave here as the studio's own, for
others would drag those imports along.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from toonbooth.kit.errors import StartError
from toonbooth.kit.inside_worker import end_stage, is_heard, tell
from toonbooth.studio.errors import (
    AnimatedImageError,
    BrokenImageError,
    PictureRefusedError,
    TooManyPixelsError,
    UnsupportedImageError,
)
from toonbooth.studio.pictures import CartoonFile, CutOptions, FaceCutFile, NeuralChoice, StyleList

_PREVIEW_SIDE: Final = 240
_PREVIEW_QUALITY: Final = 75

if TYPE_CHECKING:
    from toonbooth.imaging.pixels import ByteImage
    from toonbooth.portrait.analysis import PortraitAnalyser
    from toonbooth.studio.shelf import Shelf

_REFUSALS: dict[str, type[PictureRefusedError]] = {
    refusal.code: refusal
    for refusal in (UnsupportedImageError, BrokenImageError, TooManyPixelsError, AnimatedImageError)
}


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a worker works with. `models_folder`: None is the user's cache folder."""

    models_folder: Path | None
    threads: int
    max_side_pixels: int
    neural: NeuralChoice | None = None


def prepare(equipment: Equipment) -> None:
    """Load the networks and draw a small real picture, so that a worker that starts is one that works.

    Raises
    ------
    StartError
        When the models are missing or damaged, the face isn't found, or a provider for neural styles was
        asked for and isn't there.
    """
    import cv2

    from toonbooth.portrait.models import ModelsUnavailableError

    cv2.setNumThreads(equipment.threads)
    try:
        _open_analyser(equipment)
    except ModelsUnavailableError as error:
        raise StartError(str(error)) from error
    draw_first_photo(equipment)


def draw_first_photo(equipment: Equipment) -> None:
    """Draw a small real picture.

    Raises
    ------
    StartError
        When the face in it isn't found.
    """
    from toonbooth.drawing.styles import DEFAULT_STYLE

    photo = resources.files("toonbooth.studio").joinpath("first_photo.jpg").read_bytes()
    if not generate_cartoon(photo, DEFAULT_STYLE, 0, equipment).faces:
        raise StartError("The face models do not find a face that is there. Run `toonbooth fetch-models`.")


def list_styles(equipment: Equipment) -> StyleList:
    """All styles, the default first; the neural ones have drawn something by then."""
    from toonbooth.studio import shelf

    return shelf.list_styles(_open_shelf(equipment), _open_analyser(equipment))


def generate_cartoon(photo: bytes, style: str, seed: int, equipment: Equipment) -> CartoonFile:
    """See `pipeline.draw_cartoon`; raises `PictureRefusedError` for what isn't a picture."""
    from toonbooth.studio.pipeline import draw_cartoon

    with _refusals_translated():
        return draw_cartoon(
            photo,
            analyser=_open_analyser(equipment),
            style=style,
            seed=seed,
            max_side=equipment.max_side_pixels,
            shelf=_open_shelf(equipment),
            report=_tell_stage,
        )


def _tell_stage(stage: str, picture: ByteImage | None) -> None:
    """What the service tells on, as JSON has it: see `contract.NEWS_MEDIA_TYPE`."""
    end_stage(stage)
    news = {"stage": stage}
    if picture is not None and is_heard():
        from toonbooth.imaging.codec import encode_jpeg
        from toonbooth.imaging.resize import shrunk

        height, width = picture.shape[:2]
        share = min(1.0, _PREVIEW_SIDE / max(height, width))
        small = shrunk(picture, (max(1, round(width * share)), max(1, round(height * share))))
        news["preview"] = b64encode(encode_jpeg(small, quality=_PREVIEW_QUALITY, chroma="4:2:0")).decode()
    tell(news)


def _end_stage(stage: str, _picture: ByteImage | None) -> None:
    end_stage(stage)


def process_face_cut(image: bytes, options: CutOptions, equipment: Equipment) -> FaceCutFile:
    """See `pipeline.cut_face_file`; raises `PictureRefusedError` for what isn't a picture."""
    from toonbooth.studio.pipeline import cut_face_file

    with _refusals_translated():
        return cut_face_file(
            image,
            analyser=_open_analyser(equipment),
            options=options,
            max_side=equipment.max_side_pixels,
            report=_end_stage,
        )


@lru_cache(maxsize=1)
def _open_analyser(equipment: Equipment) -> PortraitAnalyser:
    """The networks of this process; opening them takes longer than using them."""
    from toonbooth.portrait.analysis import PortraitAnalyser
    from toonbooth.portrait.models import default_models_folder

    return PortraitAnalyser(equipment.models_folder or default_models_folder(), threads=equipment.threads)


@lru_cache(maxsize=1)
def _open_shelf(equipment: Equipment) -> Shelf:
    """The styles of this process, with their networks."""
    from toonbooth.studio.shelf import open_shelf

    return open_shelf(equipment.neural, threads=equipment.threads)


@contextmanager
def _refusals_translated() -> Generator[None]:
    from toonbooth.imaging.codec import ImageError

    try:
        yield
    except ImageError as error:
        raise _REFUSALS.get(error.code, UnsupportedImageError)(str(error)) from error

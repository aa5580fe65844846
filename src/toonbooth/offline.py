"""Drawing and cutting from file to file, without any server: `toonbooth draw` and `toonbooth cut-face`."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from toonbooth.drawing.flat import flat_svg
from toonbooth.drawing.styles import DEFAULT_STYLE
from toonbooth.imaging.codec import ImageError, decode_photo, encode_jpeg, encode_png, encode_webp
from toonbooth.imaging.pixels import ByteImage
from toonbooth.kit.errors import FileError, StartError
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.debug import draw_debug
from toonbooth.portrait.models import ModelsUnavailableError, default_models_folder
from toonbooth.studio.pictures import CutFormat, CutOptions, NeuralChoice
from toonbooth.studio.pipeline import cut_face_file, draw_cartoon, draw_portrait, make_generator
from toonbooth.studio.shelf import DRAWN, Shelf, open_shelf

_QUALITY: Final = 94
_VECTOR_STYLE: Final = "flat"
_FORMATS: Final = {
    ".jpg": CutFormat.JPG,
    ".jpeg": CutFormat.JPG,
    ".png": CutFormat.PNG,
    ".webp": CutFormat.WEBP,
}


def draw_file(
    photo: Path,
    output: Path,
    *,
    style: str | None,
    seed: int,
    max_side: int,
    neural: NeuralChoice | None = None,
) -> None:
    """Draw a photo; the output's name tells its format.

    A JPEG carries the geometry that `cut-face` reads; the style `flat` can be had as an SVG.

    Raises
    ------
    FileError, AppError, StartError
    """
    if output.suffix.lower() == ".svg":
        _draw_svg(photo, output, style=style, seed=seed, max_side=max_side)
        return
    style = style or DEFAULT_STYLE
    output_format = _format_of(output)
    shelf = _open_shelf(style, neural)
    analyser, data = _open_analyser(), _read(photo)
    try:
        if output_format is CutFormat.JPG:
            drawn = draw_cartoon(
                data, analyser=analyser, style=style, seed=seed, max_side=max_side, shelf=shelf
            ).data
        else:
            portrait = analyser.analyse(decode_photo(data, max_side=max_side))
            drawing = draw_portrait(portrait, style=style, seed=seed, shelf=shelf)
            drawn = _encode(drawing.picture, output_format)
    except ImageError as error:
        raise FileError(f"{photo}: {error}") from error
    _write(output, drawn)


def _draw_svg(photo: Path, output: Path, *, style: str | None, seed: int, max_side: int) -> None:
    if style != _VECTOR_STYLE:
        raise FileError(
            f"{output}: only the style {_VECTOR_STYLE} can be written as SVG; use --style {_VECTOR_STYLE}."
        )
    try:
        portrait = _open_analyser().analyse(decode_photo(_read(photo), max_side=max_side))
    except ImageError as error:
        raise FileError(f"{photo}: {error}") from error
    _write(output, flat_svg(portrait, make_generator(_VECTOR_STYLE, seed)).encode())


def draw_debug_file(photo: Path, output: Path, *, max_side: int) -> None:
    """Draw what was found in a photo into it.

    Raises
    ------
    FileError, StartError
    """
    output_format = _format_of(output)
    try:
        portrait = _open_analyser().analyse(decode_photo(_read(photo), max_side=max_side))
    except ImageError as error:
        raise FileError(f"{photo}: {error}") from error
    _write(output, _encode(draw_debug(portrait), output_format))


def cut_file(image: Path, output: Path, *, options: CutOptions, max_side: int) -> None:
    """Cut a face out of a cartoon or any other picture; the output's name tells its format.

    Raises
    ------
    FileError, AppError, StartError
    """
    wanted = replace(options, format=_format_of(output))
    try:
        cut = cut_face_file(_read(image), analyser=_open_analyser(), options=wanted, max_side=max_side)
    except ImageError as error:
        raise FileError(f"{image}: {error}") from error
    _write(output, cut.data)


def _open_analyser() -> PortraitAnalyser:
    try:
        return PortraitAnalyser(default_models_folder())
    except ModelsUnavailableError as error:
        raise StartError(str(error)) from error


def _open_shelf(style: str, neural: NeuralChoice | None) -> Shelf:
    """The drawn styles, and the neural ones only when it is one of those that is wanted."""
    if style in DRAWN.styles:
        return DRAWN
    shelf = open_shelf(neural, threads=1)
    if style not in shelf.styles and shelf.problems:
        raise StartError(f"There is no style called {style!r}. {' '.join(shelf.problems)}")
    return shelf


def _format_of(output: Path) -> CutFormat:
    chosen = _FORMATS.get(output.suffix.lower())
    if chosen is None:
        raise FileError(f"{output}: the name must end in {', '.join(_FORMATS)}.")
    return chosen


def _encode(picture: ByteImage, wanted: CutFormat) -> bytes:
    match wanted:
        case CutFormat.JPG:
            return encode_jpeg(picture, quality=_QUALITY)
        case CutFormat.PNG:
            return encode_png(picture)
        case CutFormat.WEBP:
            return encode_webp(picture, quality=_QUALITY)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}.") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}.") from error

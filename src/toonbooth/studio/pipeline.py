"""From file to file: a photo becomes a cartoon, a cartoon becomes a face cut. Needs no server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

import numpy as np

from toonbooth.contract import FaceSummary
from toonbooth.facecut.cut import Shape, cut_face
from toonbooth.facecut.cut_out import CutOut, on_white
from toonbooth.facecut.heads import measure_heads
from toonbooth.imaging.codec import (
    BrokenImageError,
    decode_photo,
    encode_jpeg,
    encode_png,
    encode_webp,
    read_xmp,
)
from toonbooth.imaging.pixels import ByteImage
from toonbooth.kit.inside_worker import report_stage
from toonbooth.neural.errors import NobodyToDrawError
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.model import Face, Portrait
from toonbooth.portrait.packet import NAMESPACE, decode_packet, encode_packet
from toonbooth.studio.errors import NoFaceFoundError, UnknownFaceError, UnknownStyleError
from toonbooth.studio.pictures import (
    DECODING,
    JPEG_MEDIA_TYPE,
    CartoonFile,
    CutFormat,
    CutOptions,
    FaceCutFile,
    Geometry,
)
from toonbooth.studio.shelf import DRAWN, Shelf

_DRAWING: Final = "drawing"

CARTOON_QUALITY: Final = 92
FACE_CUT_QUALITY: Final = 94

_MAX_FACES_TOLD: Final = 64
"""They travel in one header, of which many a proxy takes 8 KB at most."""

_MAX_CARTOON_SIDE: Final = 4096
"""The largest cartoon that any setting of ours draws; its packet fits the picture at its own size only."""

Report = Callable[[str, ByteImage | None], None]


def _ignore(_stage: str, _picture: ByteImage | None) -> None:
    """Nobody wants to know."""


def draw_cartoon(
    photo: bytes,
    *,
    analyser: PortraitAnalyser,
    style: str,
    seed: int,
    max_side: int,
    shelf: Shelf = DRAWN,
    report: Report = _ignore,
) -> CartoonFile:
    """Draw a photo. Same photo, style, seed and version on one kind of processor: same bytes.

    Parameters
    ----------
    photo : a JPEG, PNG, WebP, HEIC or AVIF file.
    analyser : the networks; not shared with another thread.
    style : the name of a style on the shelf.
    seed : what makes two drawings of one style differ, >= 0.
    max_side : pixels of the cartoon's longer side; a smaller photo is not enlarged.
    report : hears each stage (`contract.STAGES`) when it is done, with the photo once it is decoded.

    Raises
    ------
    ImageError
        When the file is no picture that can be drawn.
    UnknownStyleError
    NoFaceFoundError
        When the style needs one.
    """
    picture = _decode(photo, max_side=max_side)
    report("decoded", picture)
    portrait = analyser.analyse(picture)
    report("faces_found", None)
    # The photo tells hair from collars as no drawing does: its heads are measured for the cut that may come.
    portrait = measure_heads(portrait)
    report("skin_and_hair", None)
    drawing = draw_portrait(portrait, style=style, seed=seed, shelf=shelf)
    report("lines", None)
    height, width = drawing.picture.shape[:2]
    data = encode_jpeg(drawing.picture, quality=CARTOON_QUALITY, xmp=encode_packet(drawing))
    report("encoded", None)
    return CartoonFile(
        data=data,
        style=style,
        seed=seed,
        faces=tuple(_summarise(face, width, height) for face in drawing.faces[:_MAX_FACES_TOLD]),
        width=width,
        height=height,
        model=shelf.models.get(style),
    )


def draw_portrait(portrait: Portrait, *, style: str, seed: int, shelf: Shelf = DRAWN) -> Portrait:
    """Draw what was measured on a photo, in a style that is known by name.

    Raises
    ------
    UnknownStyleError
    NoFaceFoundError
        When the style needs one.
    """
    chosen = shelf.styles.get(style)
    if chosen is None:
        raise UnknownStyleError(f"There is no style called {style!r}; there are: {', '.join(shelf.styles)}.")
    try:
        return chosen.draw(portrait, make_generator(style, seed))
    except NobodyToDrawError as error:
        raise NoFaceFoundError(
            "No face was found in the photo, and this style draws faces. Please try another one."
        ) from error


def cut_face_file(
    image: bytes,
    *,
    analyser: PortraitAnalyser,
    options: CutOptions,
    max_side: int,
    report: Report = _ignore,
) -> FaceCutFile:
    """Cut a face out of a cartoon, or of any picture.

    Our own cartoons say in their file where the faces are; in others they are looked for.

    Raises
    ------
    ImageError
        When the file is no picture.
    NoFaceFoundError, UnknownFaceError
        When there is nobody, or not that many.
    """
    geometry: Geometry = "metadata"
    portrait = _read_own_cartoon(image)
    if portrait is None:
        geometry = "detectors"
        portrait = analyser.analyse_drawing(_decode(image, max_side=max_side))
    report("faces_found", None)
    face = _choose_face(portrait, options.face)
    cut_out = cut_face(
        portrait,
        face=options.face,
        shape=Shape(options.shape.value),
        level=options.level,
        sticker=options.sticker,
        size_pixels=options.size,
    )
    report("cut", None)
    data, media_type = _encode(cut_out, options.format)
    report("encoded", None)
    return FaceCutFile(data, media_type, geometry, round(face.score, 3))


def make_generator(style: str, seed: int) -> np.random.Generator:
    """The randomness of one drawing: the same for ever for a style's name and a seed."""
    name = int.from_bytes(hashlib.sha256(style.encode()).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64([name, seed]))


def _decode(image: bytes, *, max_side: int) -> ByteImage:
    """Decoders are large and written in C: a worker that ends in one was ended by the picture."""
    report_stage(DECODING)
    try:
        pixels = decode_photo(image, max_side=max_side)
    except MemoryError as error:
        raise BrokenImageError("The image needs more memory than it may have.") from error
    report_stage(_DRAWING)
    return pixels


def _read_own_cartoon(image: bytes) -> Portrait | None:
    xmp = read_xmp(image)
    if xmp is None or NAMESPACE.encode() not in xmp:
        return None
    return decode_packet(xmp, _decode(image, max_side=_MAX_CARTOON_SIDE))


def _choose_face(portrait: Portrait, index: int | None) -> Face:
    face = portrait.main_face
    if face is None:
        raise NoFaceFoundError("No face was found in this picture. Please choose another one.")
    if index is None:
        return face
    if index >= len(portrait.faces):
        raise UnknownFaceError(
            f"There is no face {index}: {len(portrait.faces)} found, counted from 0, left to right."
        )
    return portrait.faces[index]


def _encode(cut_out: CutOut, wanted: CutFormat) -> tuple[bytes, str]:
    match wanted:
        case CutFormat.JPG:
            return encode_jpeg(on_white(cut_out), quality=FACE_CUT_QUALITY), JPEG_MEDIA_TYPE
        case CutFormat.PNG:
            return encode_png(cut_out.rgba), "image/png"
        case CutFormat.WEBP:
            return encode_webp(cut_out.rgba, quality=FACE_CUT_QUALITY), "image/webp"


def _summarise(face: Face, width: int, height: int) -> FaceSummary:
    box = face.box
    fractions = (box.x / width, box.y / height, box.width / width, box.height / height)
    x, y, across, down = (round(each, 4) for each in fractions)
    return FaceSummary(box=(x, y, across, down), score=round(face.score, 3))

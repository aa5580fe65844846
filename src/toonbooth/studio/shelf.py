"""All styles of one process: the drawn ones and, after them, the neural ones of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np

from toonbooth.drawing.styles import DEFAULT_STYLE, STYLES, Style
from toonbooth.imaging.codec import decode_photo, encode_webp
from toonbooth.imaging.resize import shrunk
from toonbooth.kit.errors import StartError
from toonbooth.neural.errors import NetworkError, ProviderMissingError
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.studio.pictures import ModelSummary, NeuralChoice, StyleList, StyleSummary

if TYPE_CHECKING:
    from toonbooth.neural.styles import NeuralStyle

PREVIEW_SIDE: Final = 320
PREVIEW_QUALITY: Final = 80
_PREVIEWS: Final = resources.files("toonbooth.studio").joinpath("previews")
_PREVIEW_PHOTO: Final = "photo.jpg"
_PREVIEW_PHOTO_SIDE: Final = 640


@dataclass(frozen=True, slots=True)
class Shelf:
    """Styles by name, the default first. `problems`: a line for each neural style that is left out."""

    styles: Mapping[str, Style]
    models: Mapping[str, ModelSummary] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


DRAWN: Final = Shelf(dict(sorted(STYLES.items(), key=lambda item: item[0] != DEFAULT_STYLE)))


def open_shelf(choice: NeuralChoice | None, *, threads: int) -> Shelf:
    """Open the networks that were chosen; nothing chosen, nothing opened.

    Raises
    ------
    StartError
        When a provider was asked for by name and cannot be used.
    """
    if choice is None:
        return DRAWN
    # Reading manifests takes libraries that drawing doesn't need.
    from toonbooth.neural.styles import open_neural_styles  # noqa: PLC0415

    try:
        neural = open_neural_styles(
            choice.folder,
            threads=threads,
            provider=choice.onnx_provider,
            allow_noncommercial=choice.allow_noncommercial,
            taken_names=STYLES,
        )
    except ProviderMissingError as error:
        raise StartError(str(error)) from error
    styles = {style.manifest.name: _as_style(style) for style in neural.styles}
    models = {style.manifest.name: _summarise_model(style) for style in neural.styles}
    return Shelf({**DRAWN.styles, **styles}, models, neural.problems)


def list_styles(shelf: Shelf, analyser: PortraitAnalyser) -> StyleList:
    """Describe every style, with a preview: those of ours are files, a network draws its own, and one that
    can't is left out.
    """
    summaries, problems = [], list(shelf.problems)
    for name, style in shelf.styles.items():
        model = shelf.models.get(name)
        try:
            preview = read_preview(name) if model is None else draw_preview(style, analyser)
        except NetworkError as error:
            problems.append(f"The neural style {name} cannot draw: {error}.")
        else:
            summaries.append(StyleSummary(name, style.title, style.line, preview, model))
    return StyleList(tuple(summaries), tuple(problems))


def read_preview(name: str) -> bytes:
    """The preview of a drawn style; `make previews` draws them."""
    return _PREVIEWS.joinpath(f"{name}.webp").read_bytes()


def draw_preview(style: Style, analyser: PortraitAnalyser) -> bytes:
    """Draw the portrait that shows all styles; a small WebP file."""
    photo = decode_photo(_PREVIEWS.joinpath(_PREVIEW_PHOTO).read_bytes(), max_side=_PREVIEW_PHOTO_SIDE)
    drawing = style.draw(analyser.analyse(photo), np.random.default_rng(1)).picture
    return encode_webp(shrunk(drawing, (PREVIEW_SIDE, PREVIEW_SIDE)), quality=PREVIEW_QUALITY)


def _as_style(neural: NeuralStyle) -> Style:
    manifest = neural.manifest
    return Style(manifest.name, manifest.title, manifest.line, neural.draw)


def _summarise_model(neural: NeuralStyle) -> ModelSummary:
    model = neural.manifest.model
    return ModelSummary(model.name, model.licence, model.commercial, model.source, neural.network.provider)

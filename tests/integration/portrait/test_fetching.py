"""Fetching the models onto a disk, with the real files and the real package client, but no network."""

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from toonbooth.portrait.fetching import fetch_models
from toonbooth.portrait.models import (
    FACE_LANDMARK,
    MODEL_FILES,
    ModelsUnavailableError,
    default_models_folder,
    verify_models,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A folder with a wheel that holds the real models, as a mirror would."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    with zipfile.ZipFile(mirror / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl", "w") as wheel:
        for model in MODEL_FILES:
            wheel.write(default_models_folder() / model.name, model.path_in_wheel)
    return mirror


def test_models_come_from_a_folder_of_model_files(folder: Path) -> None:
    assert fetch_models(folder, source=default_models_folder()) == MODEL_FILES
    verify_models(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(model.name for model in MODEL_FILES)


def test_models_come_from_a_folder_with_the_wheel(folder: Path, mirror: Path) -> None:
    fetch_models(folder, source=mirror)
    verify_models(folder)


def test_models_come_from_the_wheel_itself(folder: Path, mirror: Path) -> None:
    (wheel,) = mirror.iterdir()
    fetch_models(folder, source=wheel)
    verify_models(folder)


def test_intact_models_are_left_alone_and_the_source_is_not_asked(folder: Path, tmp_path: Path) -> None:
    fetch_models(folder, source=default_models_folder())
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert fetch_models(folder, source=tmp_path / "nowhere") == ()
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_damaged_model_is_fetched_again_and_only_that_one(folder: Path, mirror: Path) -> None:
    fetch_models(folder, source=mirror)
    (folder / FACE_LANDMARK.name).write_bytes(b"half a download")
    with pytest.raises(ModelsUnavailableError, match=r"face_landmark\.tflite.*toonbooth fetch-models"):
        verify_models(folder)
    assert fetch_models(folder, source=mirror) == (FACE_LANDMARK,)
    verify_models(folder)


def test_a_damaged_source_is_refused_and_leaves_nothing_under_the_models_name(
    folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for model in MODEL_FILES:
        (source / model.name).write_bytes(b"not a network")
    with pytest.raises(ModelsUnavailableError, match="wrong SHA-256"):
        fetch_models(folder, source=source)
    assert list(folder.iterdir()) == []


def test_a_source_without_models_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelsUnavailableError, match=r"holds neither .* nor the wheel"):
        fetch_models(folder, source=tmp_path)


def test_a_file_that_is_no_wheel_is_refused(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mediapipe-0.10.21-broken.whl"
    file.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ModelsUnavailableError, match="isn't the wheel"):
        fetch_models(folder, source=file)


def test_two_fetching_at_once_both_succeed(folder: Path, mirror: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda source: fetch_models(folder, source=source), [mirror, mirror]))
    verify_models(folder)
    assert len(list(folder.iterdir())) == len(MODEL_FILES)


def test_without_a_registry_the_sentence_says_how_to_do_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ModelsUnavailableError, match=r"proxy and index.*--from FOLDER.*pip said: ERROR"):
        fetch_models(folder)


def test_a_registry_that_sends_another_wheel_is_refused(
    folder: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wheel,) = mirror.iterdir()
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("mediapipe-0.10.21.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("mediapipe-0.10.21.dist-info/METADATA", "Name: mediapipe\nVersion: 0.10.21\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(mirror))
    with pytest.raises(ModelsUnavailableError, match=r"isn't the published one"):
        fetch_models(folder)
    assert not any(folder.iterdir())


def test_an_unwritable_place_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelsUnavailableError, match="could not be written to"):
        fetch_models(tmp_path / "file" / "models", source=default_models_folder())

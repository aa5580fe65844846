"""Where models lie and how a wrong one is told from a right one."""

from pathlib import Path

import pytest

from toonbooth.portrait.models import (
    MODEL_FILES,
    ModelsUnavailableError,
    default_models_folder,
    verify_models,
)


def test_models_lie_in_the_cache_folder_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_models_folder() == tmp_path / "toonbooth" / "models"


@pytest.mark.parametrize("unset", ["", "relative/folder"])
def test_models_lie_in_the_home_folder_when_the_environment_names_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unset: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", unset)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_models_folder() == tmp_path / ".cache" / "toonbooth" / "models"


def test_missing_models_are_named_with_the_command_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(ModelsUnavailableError) as caught:
        verify_models(tmp_path / "nowhere")
    assert all(model.name in str(caught.value) for model in MODEL_FILES)
    assert "toonbooth fetch-models" in str(caught.value)

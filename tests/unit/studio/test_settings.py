"""What environment variables become, and what a misspelt or impossible one says."""

from pathlib import Path

import pytest

from toonbooth.kit.errors import StartError
from toonbooth.studio.origins import read_trusted_origins
from toonbooth.studio.settings import count_cores, read_settings


def test_nothing_given_is_a_laptop() -> None:
    settings = read_settings({"PATH": "/bin"})
    assert (settings.host, settings.port, settings.max_side_pixels) == ("127.0.0.1", 8000, 1080)
    assert settings.workers == count_cores()
    assert settings.token is None
    assert settings.trusted_origins == read_trusted_origins("http://127.0.0.1:3000/uploads/=127.0.0.0/8")


def test_what_is_given_counts() -> None:
    settings = read_settings(
        {
            "STUDIO_WORKERS": "3",
            "STUDIO_MODELS_DIR": "/models",
            "STUDIO_TRUSTED_ORIGINS": "http://a.example/x/=10.0.0.0/8 https://b.example/y/=10.1.0.1,fd00::/8",
            "STUDIO_TOKEN": "a-token-of-some-length",
        }
    )
    assert settings.workers == 3
    assert settings.models_dir == Path("/models")
    assert [origin.host for origin in settings.trusted_origins] == ["a.example", "b.example"]
    assert "a-token" not in repr(settings)


def test_what_kubernetes_injects_is_no_setting() -> None:
    injected = {"STUDIO_PORT": "tcp://10.0.0.1:80", "STUDIO_SERVICE_HOST": "10.0.0.1"}
    assert read_settings(injected).port == 8000


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("STUDIO_WORKER", "2", "misspelt"),
        ("STUDIO_WORKERS", "0", "STUDIO_WORKERS: .* greater than or equal to 1"),
        ("STUDIO_MAX_SIDE_PIXELS", "255", "STUDIO_MAX_SIDE_PIXELS: .* greater than or equal to 256"),
        ("STUDIO_MAX_SIDE_PIXELS", "4097", "STUDIO_MAX_SIDE_PIXELS: .* less than or equal to 4096"),
        ("STUDIO_PORT", "http", "STUDIO_PORT: .* integer"),
        ("STUDIO_TRUSTED_ORIGINS", "http://a.example/x=10.0.0.0/8", "must end with a slash"),
        ("STUDIO_TOKEN", "short", "STUDIO_TOKEN: .* at least 16"),
    ],
)
def test_an_impossible_setting_is_one_clear_line(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(StartError, match=sentence) as failure:
        read_settings({variable: value})
    assert "\n" not in str(failure.value)


def test_a_secret_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(StartError) as failure:
        read_settings({"STUDIO_TOKEN": "hunter2"})
    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "studio", "127.0.0.1.example.org"])
def test_a_studio_that_others_can_reach_must_have_a_token(host: str) -> None:
    with pytest.raises(StartError, match="STUDIO_TOKEN must be given"):
        read_settings({"STUDIO_HOST": host})


def test_a_studio_that_others_can_reach_starts_with_a_token() -> None:
    assert read_settings({"STUDIO_HOST": "0.0.0.0", "STUDIO_TOKEN": "a-token-of-some-length"}).token


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_a_studio_that_only_this_machine_can_reach_needs_none(host: str) -> None:
    assert read_settings({"STUDIO_HOST": host}).token is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"STUDIO_RAY_MIN_REPLICAS": "5"}, "STUDIO_RAY_MIN_REPLICAS must not be more than"),
        ({"STUDIO_RAY_GPUS_PER_REPLICA": "1.5"}, "a part of one GPU, or a whole number"),
    ],
)
def test_replicas_that_no_cluster_can_place_are_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(StartError, match=sentence):
        read_settings(given)

"""Misspelt settings are found; what Kubernetes injects is not mistaken for one."""

import pytest

from toonbooth.kit.environment import find_unknown_variables


def find(environment: dict[str, str]) -> list[str]:
    return find_unknown_variables(environment, prefix="GALLERY_", known=("port", "data_dir"))


def test_a_misspelt_variable_is_found() -> None:
    assert find({"GALLERY_PROT": "3000", "GALLERY_PORT": "3000", "PATH": "/bin"}) == ["GALLERY_PROT"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GALLERY_SERVICE_HOST", "10.0.0.1"),
        ("GALLERY_SERVICE_PORT", "3000"),
        ("GALLERY_SERVICE_PORT_HTTP", "3000"),
        ("GALLERY_REDIS_SERVICE_HOST", "10.0.0.1"),
        ("GALLERY_PORT", "tcp://10.0.0.1:3000"),
        ("GALLERY_PORT_3000_TCP", "tcp://10.0.0.1:3000"),
        ("GALLERY_PORT_3000_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_kubernetes_injects_is_left_alone(name: str, value: str) -> None:
    assert find({name: value}) == []


def test_a_port_that_is_no_setting_is_found() -> None:
    assert find({"GALLERY_STUDIO_PORT": "8000"}) == ["GALLERY_STUDIO_PORT"]

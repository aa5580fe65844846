"""The Dockerfile and the compose file, as far as they can be tried without an engine."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.manifests import DEPLOY, SERVICES, Json, fill_in, read_image_environment
from toonbooth.gallery.settings import read_settings as read_gallery_settings
from toonbooth.studio.origins import find_trusted_origin, read_address, read_image_url
from toonbooth.studio.settings import read_settings as read_studio_settings

SECRETS = ("POSTGRES_PASSWORD", "S3_SECRET_KEY", "SIGNING_KEYS", "STUDIO_TOKEN")
YAML_RULES = """{extends: default, rules: {document-start: disable, comments: {min-spaces-from-content: 1},
braces: {max-spaces-inside: 0}, line-length: {max: 125}}}"""


@pytest.fixture(scope="module")
def compose() -> Json:
    file: Json = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    return file


@pytest.fixture(scope="module")
def environments(compose: Json) -> dict[str, dict[str, str]]:
    """What each service finds, in images of ours started by compose."""
    secrets = {name: f"{name}-for-tests" for name in SECRETS}
    return {
        service: read_image_environment(service)
        | {
            name: fill_in(value, secrets)
            for name, value in compose["services"][service]["environment"].items()
        }
        for service in SERVICES
    }


def test_both_services_start_with_what_compose_gives_them(environments: dict[str, dict[str, str]]) -> None:
    gallery = read_gallery_settings(environments["gallery"])
    studio = read_studio_settings(environments["studio"])

    assert gallery.studio_token == studio.token
    assert gallery.host == studio.host == "0.0.0.0"
    assert gallery.blob_url == "s3://toonbooth"
    assert {gallery.log_format, studio.log_format} == {"json"}


def test_the_studio_fetches_from_the_gallery_of_the_same_network(
    compose: Json, environments: dict[str, dict[str, str]]
) -> None:
    gallery = read_gallery_settings(environments["gallery"])
    studio = read_studio_settings(environments["studio"])
    (subnet,) = (each["subnet"] for each in compose["networks"]["inside"]["ipam"]["config"])

    origin = find_trusted_origin(
        read_image_url(f"{gallery.internal_url}/uploads/temp/a.jpg"), studio.trusted_origins
    )
    assert origin.allows(read_address(subnet.replace("0/24", "9")))
    assert not origin.allows(read_address("169.254.169.254"))


@pytest.mark.parametrize("service", SERVICES)
def test_our_containers_may_do_next_to_nothing(compose: Json, service: str) -> None:
    container = compose["services"][service]

    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)


def test_only_the_gallery_is_reached_from_outside_and_only_from_this_machine(compose: Json) -> None:
    published = {name: each["ports"] for name, each in compose["services"].items() if "ports" in each}

    assert published == {"gallery": ["127.0.0.1:3000:3000"]}
    assert compose["networks"]["inside"]["internal"] is True


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    script = shutil.copy(DEPLOY / "compose" / "make_env.py", tmp_path)
    runs = [subprocess.run([sys.executable, script], check=True, capture_output=True) for _ in range(2)]
    file = tmp_path / ".env"
    given = dict(line.split("=", 1) for line in file.read_text().splitlines())

    assert set(given) == set(SECRETS)
    assert all(len(value) >= 32 for value in given.values())
    assert len(set(given.values())) == len(given)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"is there already" in runs[1].stdout


HADOLINT = Path(sys.executable).with_name("hadolint")
YAMLLINT = Path(sys.executable).with_name("yamllint")


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed: `make operators`")
def test_hadolint_finds_nothing() -> None:
    assert lint(HADOLINT, DEPLOY / "Dockerfile") == ("", 0)


@pytest.mark.skipif(not YAMLLINT.exists(), reason="yamllint is not installed: `make operators`")
def test_yamllint_finds_nothing() -> None:
    files = [
        file
        for pattern in ("compose/*", "prometheus/*", "helm/*/*")
        for file in DEPLOY.glob(f"{pattern}.yaml")
    ]

    assert len(files) >= 5
    assert lint(YAMLLINT, "-d", YAML_RULES, *files) == ("", 0)


def lint(*command: str | Path) -> tuple[str, int]:
    """What a linter says, and its exit status."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr, ended.returncode

"""The installed command: starts, stops, and says in one line what is wrong."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image

from tests.acceptance.running import RunningToonbooth, command, find_free_port, run_command, running_toonbooth
from tests.networks import NEGATIVE_TFLITE, write_manifest, write_tflite
from tests.pictures import read_pixels


@pytest.fixture
def photo(tmp_path: Path, astronaut_jpeg: bytes) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(astronaut_jpeg)
    return path


def find_child(toonbooth: RunningToonbooth, service: str) -> psutil.Process:
    (child,) = (
        child for child in psutil.Process(toonbooth.process.pid).children() if service in child.cmdline()
    )
    return child


def wait_until_healthy(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        time.sleep(0.05)
    pytest.fail("the service did not start")


def list_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still do something; an ended one that nobody has waited for yet does not."""
    _ended, left = psutil.wait_procs(processes, timeout=5)
    return [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def test_ctrl_c_stops_both_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_toonbooth(tmp_path / "data") as toonbooth:
        family = psutil.Process(toonbooth.process.pid).children(recursive=True)
        assert httpx.get(f"{toonbooth.gallery_url}/health").status_code == 200
        assert httpx.get(f"{toonbooth.studio_url}/health").status_code == 200

        status = toonbooth.interrupt()

    assert status == 0
    assert not list_running(family)
    output = "".join(toonbooth.output)
    assert "Traceback" not in output
    for told in (
        toonbooth.gallery_url,
        toonbooth.studio_url,
        str(tmp_path / "data"),
        "curl -H",
        "/api/upload",
    ):
        assert told in output


@pytest.mark.parametrize("service", ["gallery", "studio"])
def test_when_one_dies_the_other_is_stopped_and_the_exit_status_says_so(tmp_path: Path, service: str) -> None:
    with running_toonbooth(tmp_path / "data") as toonbooth:
        family = psutil.Process(toonbooth.process.pid).children(recursive=True)
        find_child(toonbooth, service).send_signal(signal.SIGKILL)
        status = toonbooth.process.wait(timeout=40)

    assert status == 1
    assert f"Error: The {service} ended by itself" in "".join(toonbooth.output)
    assert not list_running(family)


def test_when_the_command_itself_is_killed_its_services_end_too(tmp_path: Path) -> None:
    with running_toonbooth(tmp_path / "data") as toonbooth:
        family = psutil.Process(toonbooth.process.pid).children(recursive=True)
        toonbooth.process.kill()
        toonbooth.process.wait(timeout=10)
        psutil.wait_procs(family, timeout=40)

    assert not list_running(family)


@pytest.mark.parametrize(("service", "number"), [("gallery", signal.SIGTERM), ("studio", signal.SIGINT)])
def test_a_service_alone_stops_cleanly(service: str, number: signal.Signals, tmp_path: Path) -> None:
    port = find_free_port()
    own = {f"{service.upper()}_PORT": str(port), "GALLERY_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(command(service), env={**os.environ, **own}, stderr=subprocess.PIPE, text=True)
    try:
        wait_until_healthy(port, process)
    finally:
        process.send_signal(number)
        _output, errors = process.communicate(timeout=40)

    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "Aborted" not in errors


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        ended = run_command("serve", "--gallery-port", str(port), "--data-dir", str(tmp_path))

    assert ended.returncode == 1
    assert ended.stderr == (
        f"Error: Port {port} on 127.0.0.1 is taken. Choose another one, or stop what listens there.\n"
    )


def test_an_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ended = run_command("serve", "--data-dir", str(tmp_path / "file" / "data"))

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(f"Error: Cannot write to the data folder {tmp_path / 'file' / 'data'}")


@pytest.mark.parametrize("service", ["gallery", "studio"])
def test_a_misspelt_setting_is_one_clear_line(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{service.upper()}_PROT", "1")

    ended = run_command(service)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"{service.upper()}_PROT" in ended.stderr


def test_a_studio_open_to_the_network_without_a_token_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STUDIO_HOST", "0.0.0.0")

    ended = run_command("studio")

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "STUDIO_TOKEN must be given" in ended.stderr


def test_a_studio_without_models_says_how_to_get_them_in_one_line(tmp_path: Path) -> None:
    own = {"STUDIO_PORT": str(find_free_port()), "STUDIO_MODELS_DIR": str(tmp_path)}

    ended = subprocess.run(
        command("studio"), env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "toonbooth fetch-models" in ended.stderr


def test_a_ray_cluster_that_is_not_there_is_one_clear_line() -> None:
    address = f"127.0.0.1:{find_free_port()}"

    ended = run_command("studio", "--ray", address)

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Error: No Ray cluster answers at {address}: start one there (`ray start")
    assert len(ended.stderr.splitlines()) == 1


def test_wrong_usage_is_exit_status_2() -> None:
    assert run_command("draw").returncode == 2
    assert run_command("no-such-command").returncode == 2


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_draw_writes_a_cartoon_in_the_format_of_its_name(photo: Path, tmp_path: Path, suffix: str) -> None:
    cartoon = tmp_path / f"cartoon{suffix}"

    ended = run_command("draw", str(photo), "-o", str(cartoon), "--seed", "3")

    assert (ended.returncode, ended.stderr) == (0, "")
    drawn, original = read_pixels(cartoon), read_pixels(photo)
    assert drawn.shape == original.shape
    assert np.abs(drawn.astype(int) - original).mean() > 3


def test_draw_takes_a_network_that_its_owner_has_allowed(photo: Path, tmp_path: Path) -> None:
    write_tflite(tmp_path / NEGATIVE_TFLITE, (1, 64, 48, 3))
    write_manifest(tmp_path, NEGATIVE_TFLITE, model__commercial="unknown")
    cartoon = tmp_path / "cartoon.png"
    wish = ("draw", str(photo), "-o", str(cartoon), "--style", "negative", "--neural-styles", str(tmp_path))

    refused = run_command(*wish)
    drawn = run_command(*wish, "--allow-noncommercial")

    assert refused.returncode == 1
    assert "STUDIO_ALLOW_NONCOMMERCIAL=1" in refused.stderr
    assert drawn.returncode == 0, drawn.stderr
    difference = read_pixels(cartoon).astype(int) - (255 - read_pixels(photo).astype(int))
    assert np.abs(difference).max() <= 1


def test_cut_face_cuts_the_cartoon_that_draw_drew(photo: Path, tmp_path: Path) -> None:
    cartoon, face = tmp_path / "cartoon.jpg", tmp_path / "face.jpg"

    assert run_command("draw", str(photo), "-o", str(cartoon)).returncode == 0
    ended = run_command("cut-face", str(cartoon), "-o", str(face))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert read_pixels(face)[:4, :4].min() >= 250  # on white
    assert read_pixels(face).shape < read_pixels(cartoon).shape


def test_the_flat_style_is_an_svg_of_paths_under_300_kb(photo: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "face.svg"

    ended = run_command("draw", str(photo), "-o", str(drawing), "--style", "flat", "--seed", "2")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert drawing.stat().st_size < 300_000
    elements = [element.tag.rpartition("}")[2] for element in ElementTree.parse(drawing).iter()]
    assert elements[0] == "svg"
    assert elements.count("path") > 20
    assert "image" not in elements


@pytest.mark.parametrize("chosen", [(), ("--style", "comic")])
def test_no_other_style_can_be_an_svg(photo: Path, tmp_path: Path, chosen: tuple[str, ...]) -> None:
    ended = run_command("draw", str(photo), "-o", str(tmp_path / "face.svg"), *chosen)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "--style flat" in ended.stderr
    assert not (tmp_path / "face.svg").exists()


def test_debug_shows_what_was_found(photo: Path, tmp_path: Path) -> None:
    ended = run_command("draw", str(photo), "-o", str(tmp_path / "debug.png"), "--debug")

    assert ended.returncode == 0
    assert read_pixels(tmp_path / "debug.png").shape == read_pixels(photo).shape


def test_a_file_that_is_no_picture_is_one_clear_line(tmp_path: Path) -> None:
    text = tmp_path / "photo.jpg"
    text.write_text("not a picture")

    ended = run_command("draw", str(text), "-o", str(tmp_path / "out.jpg"))

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "out.jpg").exists()


def test_a_picture_with_nobody_in_it_has_no_face_to_cut(tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (400, 300), "teal").save(blank)

    ended = run_command("cut-face", str(blank), "-o", str(tmp_path / "face.jpg"))

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "face" in ended.stderr


def test_models_come_from_a_folder_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    models = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "toonbooth" / "models"
    elsewhere = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def fetch_from(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command("fetch-models", "--from", str(folder)),
            env=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )

    assert fetch_from(models).returncode == 0
    (taken,) = (tmp_path / "cache" / "toonbooth" / "models").glob("iris_landmark.tflite")
    taken.write_bytes(taken.read_bytes()[:-1] + b"?")
    broken = tmp_path / "cache" / "toonbooth" / "models"
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for model in broken.iterdir():
        (mirror / model.name).write_bytes(model.read_bytes())

    refused = fetch_from(mirror)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert fetch_from(models).returncode == 0
    assert taken.read_bytes() == (models / "iris_landmark.tflite").read_bytes()

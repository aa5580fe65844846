"""The key file of a data folder: made once, for its owner only, and refused when it is not safe."""

import fcntl
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from toonbooth.gallery.signing_keys import KEY_FILE, load_signing_keys
from toonbooth.kit.errors import StartError

LOAD = "import sys, pathlib; from toonbooth.gallery.signing_keys import load_signing_keys as load; "


def write_keys(folder: Path, content: bytes, *, mode: int = 0o600) -> Path:
    path = folder / KEY_FILE
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_first_start_makes_a_key_and_later_ones_find_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    (key,) = load_signing_keys(folder)

    assert len(key) == 43  # 32 random bytes in Base64
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert load_signing_keys(folder) == (key,)
    assert load_signing_keys(tmp_path / "elsewhere") != (key,)


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"{LOAD} print(load(pathlib.Path(sys.argv[1])))", str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    answers = {process.communicate(timeout=60)[0] for process in processes}

    assert answers == {f"{load_signing_keys(tmp_path)}\n"}


def test_a_start_waits_for_the_one_that_makes_the_key(tmp_path: Path) -> None:
    path = write_keys(tmp_path, b"")
    with ThreadPoolExecutor(1) as pool, path.open("wb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = pool.submit(load_signing_keys, tmp_path)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.2)
        first.write(b"k" * 43)
        first.flush()
        fcntl.flock(first, fcntl.LOCK_UN)

        assert second.result(timeout=30) == (b"k" * 43,)
    assert path.read_bytes() == b"k" * 43


def test_keys_can_be_exchanged(tmp_path: Path) -> None:
    write_keys(tmp_path, b"n" * 43 + b"\n" + b"o" * 43 + b"\n")

    assert load_signing_keys(tmp_path) == (b"n" * 43, b"o" * 43)


def test_a_start_that_died_before_it_wrote_does_no_harm(tmp_path: Path) -> None:
    write_keys(tmp_path, b"")

    (key,) = load_signing_keys(tmp_path)

    assert load_signing_keys(tmp_path) == (key,)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    write_keys(tmp_path, b"k" * 43, mode=mode)

    with pytest.raises(StartError, match=r"Others may read .*signing\.keys; run `chmod 600`"):
        load_signing_keys(tmp_path)


@pytest.mark.parametrize("content", [b"hunter2", b"\n\n", b"\xff" * 43, b"k" * 43 + b"\nhunter2"])
def test_a_file_without_safe_keys_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    write_keys(tmp_path, content)

    with pytest.raises(StartError) as refusal:
        load_signing_keys(tmp_path)

    assert str(tmp_path / KEY_FILE) in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands where the folder belongs")

    with pytest.raises(StartError, match=r"Cannot use the signing keys .*data/signing\.keys"):
        load_signing_keys(tmp_path / "data")
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(StartError, match="Cannot use the signing keys"):
        load_signing_keys(tmp_path)

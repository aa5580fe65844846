"""A gallery that is killed at any moment: what was promised is there, and every row has its whole file."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.integration.gallery import dying_at_every_line, uploading_until_killed
from toonbooth.gallery.database.migrations import migrate


def test_after_a_kill_every_row_has_its_file(database_url: str, databases: Databases, tmp_path: Path) -> None:
    migrate(database_url)
    uploads = tmp_path / "uploads"
    processes = [start_uploading(database_url, uploads) for _ in range(2)]  # two galleries, one database
    promised = [
        key
        for process, patience in zip(processes, (3, 9), strict=True)
        for key in kill(process, after=patience)
    ]

    listed = (row.split("|") for row in databases.ask(database_url, "SELECT key, file_size FROM originals"))
    rows = {key: int(size) for key, size in listed}
    if database_url.startswith("sqlite"):
        assert databases.ask(database_url, "PRAGMA integrity_check") == ["ok"]
    assert set(promised) <= set(rows)
    assert len(promised) >= 12
    for key, size in rows.items():
        assert size == len(uploading_until_killed.PHOTO)
        assert (uploads / key).read_bytes() == uploading_until_killed.PHOTO


@pytest.mark.parametrize("options", [(), ("without-links",)], ids=["links", "no links"])
def test_no_file_has_a_final_name_before_it_is_whole(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Whatever line of the store's code was the last to run."""
    command = [sys.executable, "-m", dying_at_every_line.__name__, str(tmp_path), *options]
    subprocess.run(command, check=True)

    folders = sorted(tmp_path.iterdir())
    crashes = [list(folder.glob("originals/*.jpg")) for folder in folders]
    named = [len(files) for files in crashes]
    assert named == sorted(named)
    assert (len(named) > 20, named[0], named[-1]) == (True, 0, 1)
    for file in itertools.chain(*crashes):
        assert file.read_bytes() == dying_at_every_line.PHOTO
    assert [path for path in folders[-1].rglob("*") if path.is_file()] == crashes[-1]


def start_uploading(database_url: str, uploads: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", uploading_until_killed.__name__, database_url, str(uploads)],
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen[str], *, after: int) -> list[str]:
    """Kill a process after some uploads; returns the keys it had promised."""
    assert process.stdout is not None
    with process.stdout:
        keys = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        keys += process.stdout.read().split()
    process.wait(timeout=30)
    return keys

"""A gallery that is killed at any moment: what was promised is there, and every row has its whole file."""

import subprocess
import sys
from pathlib import Path

from tests.databases import Databases
from tests.integration.gallery import uploading_until_killed
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

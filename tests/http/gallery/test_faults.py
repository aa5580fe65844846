"""Every step that the disk or the database may refuse is refused once, and nothing is lost or half done."""

import contextlib
import errno
import functools
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.http.gallery.running import Json, RunningGallery, read_data, read_failure, running_gallery
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.operations.check_storage import check_storage
from toonbooth.gallery.operations.sweep import SweepRules, sweep
from toonbooth.gallery.services import Services
from toonbooth.kit.rate_limits import read_limits

STEPS = ("fsync", "link", "open", "mkdir", "unlink", "statement", "commit")
REFUSALS = {(500, "storage_failed"), (500, "database_failed")}
RULES = SweepRules(temp_ttl=timedelta(days=1), device_ttl=None)
_REAL_FSYNC = os.fsync
KEY = {"idempotency-key": "once"}

Request = Callable[[RunningGallery, Json, bytes], Coroutine[None, None, httpx.Response]]


@dataclass(slots=True)
class Faults:
    """Stands between the gallery and what it works with: notes each step, and refuses one when told to."""

    steps: list[tuple[str, object]] = field(default_factory=list)
    refused: tuple[str, int] = ("", 0)
    """The step to refuse, and how many of its kind come before."""

    def note(self, step: str, about: object) -> bool:
        """Whether this step shall fail."""
        before = sum(name == step for name, _ in self.steps)
        self.steps.append((step, about))
        return self.refused == (step, before)

    @contextlib.contextmanager
    def refusing(self, step: str, *, after: int) -> Generator[None]:
        self.steps.clear()
        self.refused = (step, after)
        try:
            yield
        finally:
            self.refused = ("", 0)

    @property
    def has_refused(self) -> bool:
        return sum(name == self.refused[0] for name, _ in self.steps) > self.refused[1]


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    faults = Faults()
    for name in ("fsync", "link", "open", "mkdir", "unlink"):
        monkeypatch.setattr(os, name, _watched(faults, name, getattr(os, name), tmp_path))

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, values: Any = (), /) -> Self:
            if faults.note("statement", statement):
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(statement, values)

    class Connection(sqlite3.Connection):
        def cursor(self, _factory: object = None) -> sqlite3.Cursor:  # type: ignore[override]
            return super().cursor(Cursor)

        def commit(self) -> None:
            if faults.note("commit", None):
                raise sqlite3.OperationalError("database or disk is full")
            super().commit()

    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Connection))
    return faults


@pytest.fixture
async def gallery(tmp_path: Path, faults: Faults) -> AsyncIterator[RunningGallery]:
    no_limit = read_limits("1000000/minute")
    async with running_gallery(
        tmp_path / "data",
        requests_per_device=no_limit,
        requests_per_address=no_limit,
        drawings_per_device=no_limit,
        drawings_per_address=no_limit,
    ) as running:
        yield running


def _watched(faults: Faults, name: str, real: Callable[..., Any], data_dir: Path) -> Callable[..., Any]:
    """A function of the operating system, refused when it is about the gallery's files."""

    def call(subject: Any, *arguments: Any, **options: Any) -> Any:
        is_ours = isinstance(subject, int) or Path(os.fsdecode(subject)).is_relative_to(data_dir)
        if is_ours and faults.note(name, _identify(subject)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        # Nobody cuts the power here: that it was asked for is enough, and a disk takes long.
        return None if real is _REAL_FSYNC else real(subject, *arguments, **options)

    return call


def _identify(subject: Any) -> object:
    """A file by its number on the disk, whatever its name is; a name that names nothing by itself."""
    if isinstance(subject, int):
        return os.fstat(subject).st_ino
    path = Path(os.fsdecode(subject))
    return path.stat().st_ino if path.exists() else str(path)


async def upload(gallery: RunningGallery, _given: Json, photo: bytes) -> httpx.Response:
    return await gallery.post_photo(photo)


async def upload_with_key(gallery: RunningGallery, _given: Json, photo: bytes) -> httpx.Response:
    return await gallery.post_photo(photo, headers=KEY)


async def regenerate(gallery: RunningGallery, given: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.post(f"/api/regenerate/{given['original']['id']}")


async def download(gallery: RunningGallery, given: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.post(f"/api/download/{given['cartoon']['id']}")


async def delete_original(gallery: RunningGallery, given: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.delete(f"/api/originals/{given['original']['id']}")


async def delete_cartoon(gallery: RunningGallery, given: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.delete(f"/api/cartoons/{given['cartoon']['id']}")


async def delete_face(gallery: RunningGallery, given: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.delete(f"/api/downloaded-faces/{given['face']['id']}")


async def delete_device(gallery: RunningGallery, _given: Json, _photo: bytes) -> httpx.Response:
    return await gallery.client.delete("/api/device")


IN_SHORT = (upload_with_key, download, delete_original)
REQUESTS = (
    (*IN_SHORT, upload, regenerate, delete_cartoon, delete_face, delete_device)
    if "TORTURE_KILLS" in os.environ
    else IN_SHORT
)


async def prepare(gallery: RunningGallery, photo: bytes) -> Json:
    """Start from a device that has a photo, two cartoons of it, and a face."""
    read_data(await gallery.client.delete("/api/device"))
    given = await gallery.upload(photo)
    face = read_data(await gallery.client.post(f"/api/download/{given['cartoon']['id']}"))["downloadedFace"]
    cartoons = [
        read_data(await gallery.client.post(f"/api/regenerate/{given['original']['id']}"))["cartoon"]
        for _ in range(2)
    ]
    return {"original": given["original"], "face": face, "cartoon": cartoons[0]}


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.__name__)
async def test_a_refused_step_loses_nothing(
    gallery: RunningGallery, faults: Faults, photo: bytes, request_: Request
) -> None:
    """Each step of each kind is refused once; what was refused can be had by asking again."""
    refused: set[str] = set()
    for step in STEPS:
        given = await prepare(gallery, photo)
        for after in range(100):
            before = gallery.count_rows()
            with faults.refusing(step, after=after):
                reply = await request_(gallery, given, photo)
                was_refused = faults.has_refused
            check_that_every_row_has_its_file(gallery)
            if reply.status_code != 200:
                assert read_failure(reply)[:2] in REFUSALS, (step, after)
                assert gallery.count_rows() == before, (step, after)
                refused.add(step)
            elif was_refused:
                given = await prepare(gallery, photo)  # It was done all the same: what failed came after.
            else:
                break
        else:
            pytest.fail(f"no end of {step}")
    assert {"statement", "commit"} <= refused
    await check_that_the_sweeper_leaves_what_rows_name(gallery.app.state.services)


def check_that_every_row_has_its_file(gallery: RunningGallery) -> None:
    tables = ("originals", "regenerated_cartoons", "downloaded_faces")
    for key in gallery.ask_database(" UNION ALL ".join(f"SELECT key FROM {table}" for table in tables)):
        assert (gallery.data_dir / "uploads" / key).stat().st_size > 0


async def check_that_the_sweeper_leaves_what_rows_name(services: Services) -> None:
    later = read_clock() + timedelta(hours=2)
    assert await sweep(services, RULES, now=later) is not None
    left = await check_storage(services, now=later)
    assert left.is_sound
    assert left.rows == left.files


@pytest.mark.parametrize("request_", [upload, regenerate, download], ids=lambda request: request.__name__)
async def test_a_file_is_safe_on_the_disk_before_a_row_names_it(
    gallery: RunningGallery, faults: Faults, photo: bytes, request_: Request
) -> None:
    given = await prepare(gallery, photo)
    faults.steps.clear()

    assert (await request_(gallery, given, photo)).status_code == 200

    steps = faults.steps
    committed = max(index for index, (step, _) in enumerate(steps) if step == "commit")
    links = [(index, about) for index, (step, about) in enumerate(steps) if step == "link"]
    assert len(links) == (2 if request_ is upload else 1)
    folders = {path.stat().st_ino for path in (gallery.data_dir / "uploads").iterdir()}
    for index, file in links:
        assert ("fsync", file) in steps[:index], "the bytes may be lost when the power goes"
        synced = {about for step, about in steps[index:committed] if step == "fsync"}
        assert synced & folders, "the name may be lost when the power goes"


@pytest.mark.parametrize(
    "request_",
    [download, delete_original, delete_cartoon, delete_face, delete_device],
    ids=lambda request: request.__name__,
)
async def test_a_row_is_gone_before_its_file(
    gallery: RunningGallery, faults: Faults, photo: bytes, request_: Request
) -> None:
    given = await prepare(gallery, photo)
    named = {
        path.stat().st_ino
        for folder in ("originals", "temp", "downloaded")
        for path in (gallery.data_dir / "uploads" / folder).iterdir()
    }
    faults.steps.clear()

    assert (await request_(gallery, given, photo)).status_code == 200

    steps = faults.steps
    deleted = [index for index, (step, about) in enumerate(steps) if step == "unlink" and about in named]
    commits = [index for index, (step, _) in enumerate(steps) if step == "commit"]
    assert deleted
    assert min(deleted) > max(index for index in commits)

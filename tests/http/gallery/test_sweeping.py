"""The sweeper, the check and the repair, on what a gallery has left behind."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.running import run_command
from tests.http.gallery.fake_studio import Gate
from tests.http.gallery.running import Json, RunningGallery, read_data, running_gallery, start
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.errors import DatabaseFailedError
from toonbooth.gallery.metrics import GalleryMetrics
from toonbooth.gallery.operations.check_storage import Findings, check_storage, repair_storage
from toonbooth.gallery.operations.sweep import SweepRules, Swept, sweep
from toonbooth.gallery.services import Services
from toonbooth.gallery.sweeping import swept_regularly
from toonbooth.kit.errors import FileError
from toonbooth.kit.metrics import Metrics

RULES = SweepRules(temp_ttl=timedelta(hours=72), device_ttl=None)
KEY = {"idempotency-key": "once"}


@pytest.fixture
def services(gallery: RunningGallery) -> Services:
    opened: Services = gallery.app.state.services
    return opened


async def sweep_later(services: Services, later: timedelta, rules: SweepRules = RULES) -> Swept:
    swept = await sweep(services, rules, now=read_clock() + later)
    assert swept is not None
    return swept


def put_file(gallery: RunningGallery, name: str, *, age: timedelta) -> Path:
    path = gallery.data_dir / "uploads" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"pixels")
    moment = datetime.now(UTC).timestamp() - age.total_seconds()
    os.utime(path, (moment, moment))
    return path


def locate(gallery: RunningGallery, url: str) -> Path:
    return gallery.data_dir / "uploads" / url.partition("/uploads/")[2].partition("?")[0]


async def test_cartoons_go_after_72_hours_and_not_before(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    face_of = await gallery.upload(photo)
    read_data(await gallery.client.post(f"/api/download/{face_of['cartoon']['id']}"))
    before = gallery.stored()

    assert await sweep_later(services, timedelta(hours=71, minutes=59)) == Swept()
    assert gallery.stored() == before

    assert await sweep_later(services, timedelta(hours=72, minutes=1)) == Swept(cartoons=1, files=1)
    assert gallery.count_rows() == {
        "devices": 1,
        "originals": 2,
        "regenerated_cartoons": 0,
        "downloaded_faces": 1,
    }
    assert not locate(gallery, uploaded["cartoon"]["imageUrl"]).exists()
    assert len(gallery.list_files()) == 3


async def test_many_cartoons_go_in_several_steps(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    original = (await gallery.upload(photo))["original"]
    more = ", ".join(
        f"('{index:024x}', 'temp/1736123456{index:03d}_{original['id']}.jpg')" for index in range(450)
    )
    gallery.ask_database(
        "INSERT INTO regenerated_cartoons (id, original_id, device, key, created_at) "
        "SELECT column1, original_id, device, column2, created_at "
        f"FROM regenerated_cartoons, (VALUES {more}) AS more"
    )

    assert (await sweep_later(services, timedelta(hours=73))).cartoons == 451


@pytest.mark.parametrize(
    "name",
    [
        "temp/1736123456790_507f1f77bcf86cd799439011.jpg",
        "originals/1736123456790_0123abcd.png",
        "downloaded/1736123456790_507f1f77bcf86cd799439011.webp",
        "originals/put here by somebody.txt",
        os.fsdecode(b"temp/\xff"),
    ],
)
async def test_files_that_no_row_names_go_after_an_hour_and_not_before(
    gallery: RunningGallery, services: Services, photo: bytes, name: str
) -> None:
    await gallery.upload(photo)
    before = gallery.stored()
    file = put_file(gallery, name, age=timedelta(minutes=59))

    assert await sweep_later(services, timedelta()) == Swept()
    assert file.exists()
    assert (await check_storage(services, now=read_clock())).is_sound

    assert await sweep_later(services, timedelta(minutes=2)) == Swept(files=1)
    assert gallery.stored() == before


async def test_what_an_upload_is_about_to_name_is_not_taken_away(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    gate = Gate(gallery.studio)
    upload = start(gallery.post_photo(photo))
    await gate.wait_for(1)  # The photo's file is in its place, its row is not.
    assert len(gallery.list_files()) >= 1

    assert await sweep_later(services, timedelta(minutes=59)) == Swept()
    gate.open()

    read_data(await upload)
    assert (await check_storage(services, now=read_clock())).is_sound


async def test_left_over_staged_files_go(gallery: RunningGallery, services: Services) -> None:
    put_file(gallery, ".staging/0123.part", age=timedelta(minutes=61))
    young = put_file(gallery, ".staging/4567.part", age=timedelta(minutes=59))

    assert await sweep_later(services, timedelta()) == Swept(files=1)
    assert list(gallery.list_files()) == [f".staging/{young.name}"]


async def test_kept_answers_go_after_a_day(gallery: RunningGallery, services: Services, photo: bytes) -> None:
    read_data(await gallery.post_photo(photo, headers=KEY))
    read_data(await gallery.post_photo(photo, headers=KEY | gallery.for_device()))

    assert (await sweep_later(services, timedelta(hours=23, minutes=59))).answers == 0
    assert (await sweep_later(services, timedelta(hours=24, minutes=1))).answers == 2


async def test_devices_that_stay_away_go_only_when_asked_for(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    uploaded = read_data(await gallery.post_photo(photo, headers=KEY))
    read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
    rules = SweepRules(temp_ttl=timedelta(days=1000), device_ttl=timedelta(days=30))

    await sweep_later(services, timedelta(days=900))
    assert gallery.count_rows()["originals"] == 1

    assert (await sweep_later(services, timedelta(days=29, hours=23), rules)).devices == 0
    assert gallery.count_rows()["originals"] == 1

    assert await sweep_later(services, timedelta(days=31), rules) == Swept(devices=1, files=2)
    assert gallery.stored() == (dict.fromkeys(gallery.count_rows(), 0), {})


HOLD_THE_LOCK = """
import asyncio, sys
from toonbooth.gallery.database.transactions import open_database

async def hold():
    async with await open_database(sys.argv[1]) as database, database.hold_lock("sweep") as is_ours:
        print(is_ours, flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


async def test_one_process_sweeps_at_a_time_and_a_killed_one_does_not_matter(
    gallery: RunningGallery, services: Services
) -> None:
    url = services.settings.database_url
    with subprocess.Popen(  # noqa: ASYNC220 - started once, killed at once
        [sys.executable, "-c", HOLD_THE_LOCK, url], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert await sweep(services, RULES, now=read_clock()) is None
        other.kill()

    async with asyncio.timeout(10):
        while await sweep(services, RULES, now=read_clock()) is None:  # noqa: ASYNC110 - until it is noticed
            await asyncio.sleep(0.01)
    assert await sweep(services, RULES, now=read_clock()) == Swept()


async def test_what_is_too_old_goes_while_another_process_still_looks_through_all_files(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    await gallery.upload(photo)
    lost = put_file(gallery, "originals/1736123456790_0123abcd.png", age=timedelta())

    async with services.database.hold_lock("sweep files"):
        assert await sweep_later(services, timedelta(hours=73)) == Swept(cartoons=1, files=1)
    assert await sweep_later(services, timedelta(hours=73)) == Swept(files=1)
    assert not lost.exists()


async def test_the_gallery_sweeps_by_itself_and_goes_on_after_a_failure(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    await gallery.upload(photo)
    moments = iter([read_clock(), read_clock() + timedelta(hours=73)])
    tried = 0

    def read_next_moment() -> datetime:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise DatabaseFailedError
        return next(moments, read_clock())

    metrics = Metrics("gallery")
    async with (
        asyncio.timeout(20),
        swept_regularly(
            services,
            RULES,
            interval_seconds=0.01,
            read_clock=read_next_moment,
            metrics=GalleryMetrics(metrics),
        ),
    ):
        while not metrics.registry.get_sample_value("toonbooth_swept_total", {"kind": "cartoons"}):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert tried >= 3
    assert gallery.count_rows()["regenerated_cartoons"] == 0
    assert metrics.registry.get_sample_value("toonbooth_sweeps_total", {"outcome": "failed"}) == 1
    assert metrics.registry.get_sample_value("toonbooth_swept_total", {"kind": "cartoons"}) == 1


Damage = Callable[[RunningGallery, Json], Awaitable[None]]


async def lose_the_photo(gallery: RunningGallery, uploaded: Json) -> None:
    locate(gallery, uploaded["original"]["imageUrl"]).unlink()


async def lose_the_cartoon(gallery: RunningGallery, uploaded: Json) -> None:
    locate(gallery, uploaded["cartoon"]["imageUrl"]).unlink()


async def lose_the_face(gallery: RunningGallery, uploaded: Json) -> None:
    face = read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
    locate(gallery, face["downloadedFace"]["faceUrl"]).unlink()


@pytest.mark.parametrize(
    ("damage", "kind", "left"),
    [
        (lose_the_photo, "original", (0, 0, 0)),
        (lose_the_cartoon, "cartoon", (1, 0, 0)),
        (lose_the_face, "downloaded face", (1, 0, 0)),
    ],
)
async def test_a_lost_file_is_found_and_its_row_goes_when_repaired(
    gallery: RunningGallery,
    services: Services,
    photo: bytes,
    damage: Damage,
    kind: str,
    left: tuple[int, int, int],
) -> None:
    await damage(gallery, await gallery.upload(photo))

    found = await check_storage(services, now=read_clock())
    assert [str(file.kind) for file in found.lost] == [kind]
    assert not found.is_sound

    await repair_storage(services, found)
    assert (await check_storage(services, now=read_clock())).is_sound
    rows = gallery.count_rows()
    assert (rows["originals"], rows["regenerated_cartoons"], rows["downloaded_faces"]) == left
    assert len(gallery.list_files()) == sum(left)


async def test_faces_outlive_the_file_of_their_photo(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
    await lose_the_photo(gallery, uploaded)

    await repair_storage(services, await check_storage(services, now=read_clock()))

    assert gallery.count_rows()["downloaded_faces"] == 1
    left = await check_storage(services, now=read_clock())
    assert [str(file.kind) for file in left.lost] == ["original"]


async def test_a_shortened_file_is_found_and_left_alone(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    file = locate(gallery, (await gallery.upload(photo))["original"]["imageUrl"])
    file.write_bytes(file.read_bytes()[:-1])

    found = await check_storage(services, now=read_clock())
    await repair_storage(services, found)

    assert [named.key for named in found.damaged] == [f"originals/{file.name}"]
    assert file.exists()


async def test_when_the_disk_is_not_there_nothing_is_repaired(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    for _ in range(6):
        await gallery.upload(photo)
    before = gallery.count_rows()
    (gallery.data_dir / "uploads").rename(gallery.data_dir / "elsewhere")

    found = await check_storage(services, now=read_clock())
    assert len(found.lost) == 12
    with pytest.raises(FileError, match="Is the right disk mounted"):
        await repair_storage(services, found)
    assert gallery.count_rows() == before


async def test_what_is_deleted_while_it_is_checked_is_not_missed(
    gallery: RunningGallery, services: Services, photo: bytes
) -> None:
    uploads = [await gallery.upload(photo) for _ in range(8)]
    checks = [start_check(services) for _ in range(4)]
    for uploaded in uploads:
        read_data(await gallery.client.delete(f"/api/originals/{uploaded['original']['id']}"))

    for check in checks:
        assert (await check).is_sound


def start_check(services: Services) -> Awaitable[Findings]:
    return asyncio.create_task(check_storage(services, now=read_clock()))


async def test_the_commands_say_what_they_found_and_did(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path / "data") as gallery:
        uploaded = await gallery.upload(photo)
    data = ("--data-dir", str(gallery.data_dir))
    assert run_command("check", *data).stdout == "2 rows and 2 files: all is well.\n"
    stray = put_file(gallery, "temp/stray.jpg", age=timedelta(hours=2))
    cartoon = locate(gallery, uploaded["cartoon"]["imageUrl"])
    cartoon.unlink()
    lost = f"cartoon {uploaded['cartoon']['id']}: its file temp/{cartoon.name} is lost"

    checked = run_command("check", *data)
    assert checked.returncode == 1
    assert checked.stdout.splitlines() == [
        lost,
        "temp/stray.jpg: no row names this file",
        "2 rows and 2 files: see above.",
    ]
    swept = run_command("sweep", *data)
    assert (swept.returncode, swept.stdout) == (
        0,
        "Deleted 0 cartoons, 0 devices, 0 kept answers; 1 files in all.\n",
    )
    assert not stray.exists()
    repaired = run_command("check", "--repair", *data)
    assert repaired.returncode == 0
    assert repaired.stdout.splitlines() == [
        lost,
        "2 rows and 1 files: see above.",
        "Repaired. What is left:",
        "1 rows and 1 files: all is well.",
    ]


@pytest.mark.parametrize("command", ["sweep", "check"])
def test_where_no_gallery_is_none_is_made(tmp_path: Path, command: str) -> None:
    ran = run_command(command, "--data-dir", str(tmp_path / "data"))

    assert ran.returncode == 1
    assert ran.stderr == f"Error: There is no gallery in {tmp_path / 'data'}.\n"
    assert not (tmp_path / "data").exists()

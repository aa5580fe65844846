"""Backups of a gallery that runs, and what is restored from them."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.acceptance.running import run_command
from tests.http.gallery.running import Json, RunningGallery, read_data, running_gallery
from toonbooth.gallery.maintenance import back_up_gallery, check_gallery
from toonbooth.gallery.operations.back_up import BackedUp
from toonbooth.gallery.settings import GallerySettings
from toonbooth.kit.errors import StartError


@pytest.fixture
def settings(tmp_path: Path) -> GallerySettings:
    return GallerySettings(data_dir=tmp_path / "data")


def name_file(url: str) -> str:
    return url.partition("/uploads/")[2].partition("?")[0]


async def back_up(settings: GallerySettings, folder: Path) -> BackedUp:
    return await asyncio.to_thread(back_up_gallery, settings, folder)


async def download(gallery: RunningGallery, uploaded: Json) -> Json:
    reply = await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}")
    face: Json = read_data(reply)["downloadedFace"]
    return face


async def test_what_was_there_when_the_backup_began_is_restored_byte_for_byte(
    tmp_path: Path, settings: GallerySettings, photo: bytes
) -> None:
    """People upload, download and delete while it runs."""
    stop = asyncio.Event()

    async def use(gallery: RunningGallery) -> None:
        headers = gallery.for_device()
        while not stop.is_set():
            uploaded = read_data(await gallery.post_photo(photo, headers=headers))
            await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}", headers=headers)
            await gallery.client.delete(f"/api/originals/{uploaded['original']['id']}", headers=headers)

    async with running_gallery(settings.data_dir) as gallery:
        first, second = [await gallery.upload(photo) for _ in range(2)]
        face = await download(gallery, first)
        promised = [
            name_file(url)
            for url in (
                first["original"]["imageUrl"],
                face["faceUrl"],
                second["original"]["imageUrl"],
                second["cartoon"]["imageUrl"],
            )
        ]
        files = {name: gallery.list_files()[name] for name in promised}
        users = [asyncio.create_task(use(gallery)) for _ in range(3)]
        for index in range(3):
            await back_up(settings, tmp_path / f"backup {index}")
        stop.set()
        await asyncio.gather(*users)

    for index in range(3):
        restored = GallerySettings(data_dir=tmp_path / f"backup {index}")
        found, _ = await asyncio.to_thread(check_gallery, restored, repair=False)
        assert found.is_sound
        assert found.rows == found.files
        async with running_gallery(restored.data_dir) as copy:
            owner = copy.for_device(gallery.device)
            kept = copy.list_files()
            assert {name: kept[name] for name in promised} == files
            originals = read_data(await copy.client.get("/api/originals", headers=owner))["originals"]
            assert {entry["id"] for entry in originals} == {first["original"]["id"], second["original"]["id"]}
            # The keys came along: addresses that were handed out before still open.
            assert (await copy.client.get(first["original"]["imageUrl"])).content == photo
            read_data(await copy.client.post(f"/api/download/{second['cartoon']['id']}", headers=owner))


async def test_a_photo_that_is_deleted_after_the_rows_were_copied_leaves_the_backup_too(
    tmp_path: Path, settings: GallerySettings, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_gallery(settings.data_dir) as gallery:
        kept, deleted = [await gallery.upload(photo) for _ in range(2)]
        loop, copy = asyncio.get_running_loop(), shutil.copy2

        def delete_before_the_first_copy(source: Path, target: Path) -> None:
            monkeypatch.setattr(shutil, "copy2", copy)
            request = gallery.client.delete(f"/api/originals/{deleted['original']['id']}")
            read_data(asyncio.run_coroutine_threadsafe(request, loop).result())
            if source.exists():
                copy(source, target)
            else:
                raise FileNotFoundError

        monkeypatch.setattr(shutil, "copy2", delete_before_the_first_copy)
        await back_up(settings, tmp_path / "backup")

    restored = GallerySettings(data_dir=tmp_path / "backup")
    found, _ = await asyncio.to_thread(check_gallery, restored, repair=False)
    assert found.is_sound
    assert found.rows == found.files == 2
    async with running_gallery(restored.data_dir) as copied:
        owner = copied.for_device(gallery.device)
        originals = read_data(await copied.client.get("/api/originals", headers=owner))["originals"]
        assert [entry["id"] for entry in originals] == [kept["original"]["id"]]


async def test_the_next_backup_takes_what_is_new_and_drops_what_was_deleted(
    tmp_path: Path, settings: GallerySettings, photo: bytes
) -> None:
    folder = tmp_path / "backup"
    async with running_gallery(settings.data_dir) as gallery:
        uploads = [await gallery.upload(photo) for _ in range(3)]
        assert await back_up(settings, folder) == BackedUp(files=6, copied=6)
        await gallery.upload(photo)
        read_data(await gallery.client.delete(f"/api/originals/{uploads[0]['original']['id']}"))

        assert await back_up(settings, folder) == BackedUp(files=6, copied=2, deleted=2)
        assert await back_up(settings, folder) == BackedUp(files=6)
        stored = gallery.list_files()
    copied = {
        str(path.relative_to(folder / "uploads")): path.read_bytes()
        for path in (folder / "uploads").rglob("*")
        if path.is_file()
    }
    assert copied == stored


async def test_a_lost_file_takes_nothing_else_from_the_backup(
    tmp_path: Path, settings: GallerySettings, photo: bytes
) -> None:
    async with running_gallery(settings.data_dir) as gallery:
        uploaded = await gallery.upload(photo)
        await download(gallery, uploaded)
        (settings.data_dir / "uploads" / name_file(uploaded["original"]["imageUrl"])).unlink()

        await back_up(settings, tmp_path / "backup")

    found, _ = await asyncio.to_thread(
        check_gallery, GallerySettings(data_dir=tmp_path / "backup"), repair=False
    )
    assert [str(file.kind) for file in found.lost] == ["original"]
    assert found.rows == 2


async def test_the_command_says_what_it_did(tmp_path: Path, settings: GallerySettings, photo: bytes) -> None:
    async with running_gallery(settings.data_dir) as gallery:
        await gallery.upload(photo)
        ran = run_command("backup", str(tmp_path / "b"), "--data-dir", str(settings.data_dir))

    assert ran.stdout == f"2 files in {tmp_path / 'b'}: 2 copied now, 0 deleted.\n"


async def test_a_backup_does_not_lie_in_what_it_copies(settings: GallerySettings, photo: bytes) -> None:
    async with running_gallery(settings.data_dir) as gallery:
        await gallery.upload(photo)

        with pytest.raises(StartError, match="outside the data folder"):
            await back_up(settings, settings.data_dir / "backup")

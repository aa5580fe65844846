"""The guide's flow with the pictures in a real bucket: nothing but the address of the bucket changes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.http.gallery.running import RunningGallery, read_data, read_failure, running_gallery
from tests.seaweedfs import SeaweedFs
from toonbooth.gallery.operations.check_storage import check_storage


@pytest.fixture
def prefix(seaweedfs: SeaweedFs) -> str:
    return seaweedfs.make_url()


@pytest.fixture
async def gallery(
    tmp_path: Path,
    databases: Databases,
    seaweedfs: SeaweedFs,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[RunningGallery]:
    for name, value in seaweedfs.environment().items():
        monkeypatch.setenv(name, value)
    async with running_gallery(tmp_path / "data", databases=databases, blob_url=prefix) as running:
        yield running


def list_objects(seaweedfs: SeaweedFs, prefix: str) -> list[str]:
    folder = prefix.rpartition("/")[2]
    listed = seaweedfs.store().list(prefix=folder).collect()
    return sorted(found["path"].removeprefix(f"{folder}/") for found in listed)


def count_by_folder(seaweedfs: SeaweedFs, prefix: str) -> dict[str, int]:
    folders = [path.partition("/")[0] for path in list_objects(seaweedfs, prefix)]
    return {folder: folders.count(folder) for folder in sorted(set(folders))}


async def test_the_whole_flow_leaves_in_the_bucket_what_the_guide_says(
    gallery: RunningGallery, photo: bytes, seaweedfs: SeaweedFs, prefix: str
) -> None:
    uploaded = await gallery.upload(photo)
    again = read_data(await gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}"))
    assert count_by_folder(seaweedfs, prefix) == {"originals": 1, "temp": 2}
    url = uploaded["original"]["imageUrl"]
    whole = await gallery.client.get(url)
    part = await gallery.client.get(url, headers={"range": "bytes=10-19"})
    assert (whole.status_code, part.status_code) == (200, 206)
    assert part.content == whole.content[10:20]

    face = read_data(await gallery.client.post(f"/api/download/{again['cartoon']['id']}"))["downloadedFace"]

    assert count_by_folder(seaweedfs, prefix) == {"downloaded": 1, "originals": 1}
    assert (await gallery.client.get(face["faceUrl"])).headers["content-type"] == "image/jpeg"
    assert read_failure(await gallery.client.get(uploaded["cartoon"]["imageUrl"]))[:2] == (
        404,
        "picture_not_found",
    )
    assert not gallery.list_files()  # nothing on this machine's disk


async def test_a_row_whose_object_is_gone_is_found(
    gallery: RunningGallery, photo: bytes, seaweedfs: SeaweedFs, prefix: str
) -> None:
    await gallery.upload(photo)
    (original,) = (path for path in list_objects(seaweedfs, prefix) if path.startswith("originals/"))
    seaweedfs.store().delete(f"{prefix.rpartition('/')[2]}/{original}")

    services = gallery.app.state.services
    found = await check_storage(services, now=services.read_clock())

    assert [lost.key for lost in found.lost] == [original]

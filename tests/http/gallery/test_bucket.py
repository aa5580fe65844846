"""The guide's flow with the pictures in a real bucket: nothing but the address of the bucket changes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.databases import Databases
from tests.http.gallery.running import RunningGallery, read_data, read_failure, running_gallery
from tests.seaweedfs import SeaweedFs
from toonbooth.gallery.operations.check_storage import check_storage
from toonbooth.gallery.operations.sweep import SweepRules, sweep


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


@pytest.fixture
async def redirecting(
    tmp_path: Path, seaweedfs: SeaweedFs, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningGallery]:
    """A gallery that sends clients to the bucket, which they reach under another name than it does."""
    for name, value in seaweedfs.environment().items():
        monkeypatch.setenv(name, value)
    async with running_gallery(
        tmp_path / "data",
        blob_url=prefix,
        files_from="bucket",
        bucket_public_url=seaweedfs.url.replace("127.0.0.1", "localhost"),
    ) as running:
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


async def test_pictures_come_from_the_bucket_by_an_address_that_is_good_for_minutes(
    redirecting: RunningGallery, photo: bytes, seaweedfs: SeaweedFs
) -> None:
    url = (await redirecting.upload(photo))["original"]["imageUrl"]

    reply = await redirecting.client.get(url)
    location = reply.headers["location"]
    async with httpx.AsyncClient(verify=False) as phone:
        whole = await phone.get(location)
        part = await phone.get(location, headers={"range": "bytes=10-19"})
        other_key = await phone.get(location.replace("/originals/", "/temp/"))
        other_method = await phone.put(location, content=b"mine")

    assert (reply.status_code, reply.headers["cache-control"]) == (307, "private, max-age=240")
    assert location.startswith(seaweedfs.url.replace("127.0.0.1", "localhost"))
    assert parse_qs(urlsplit(location).query)["X-Amz-Expires"] == ["300"]
    assert "for-tests-secret" not in location
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/jpeg")
    assert whole.content == (await redirecting.client.get(f"{url}&via=gallery")).content
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert (other_key.status_code, other_method.status_code) == (403, 403)


async def test_nobody_is_sent_to_the_bucket_without_our_own_signature_or_the_owners_id(
    redirecting: RunningGallery, photo: bytes
) -> None:
    url = (await redirecting.upload(photo))["original"]["imageUrl"]
    path = urlsplit(url).path
    stranger = redirecting.for_device()

    refused = [
        await redirecting.client.get(path, headers=stranger),
        await redirecting.client.get(f"{url[:-1]}{'B' if url.endswith('A') else 'A'}", headers=stranger),
        await redirecting.client.get(path.replace("/originals/", "/temp/")),
    ]

    assert [read_failure(reply)[:2] for reply in refused] == [(404, "picture_not_found")] * 3
    assert (await redirecting.client.get(path)).status_code == 307
    assert (await redirecting.client.get(url, headers=stranger)).status_code == 307


async def test_what_a_bucket_cannot_answer_the_gallery_does(
    redirecting: RunningGallery, photo: bytes
) -> None:
    uploaded = await redirecting.upload(photo)
    url = uploaded["original"]["imageUrl"]

    head = await redirecting.client.head(url)
    smaller = await redirecting.client.get(f"{url}&w=160")
    known = await redirecting.client.get(url, headers={"if-none-match": head.headers["etag"]})
    # The studio, which follows no redirect to elsewhere, has fetched the cartoon from the gallery.
    face = read_data(await redirecting.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
    await redirecting.client.delete(f"/api/originals/{uploaded['original']['id']}")
    gone = await redirecting.client.get(url)

    assert (head.status_code, smaller.status_code, known.status_code) == (200, 200, 304)
    assert int(head.headers["content-length"]) > 0
    assert face["downloadedFace"]["originalId"] == uploaded["original"]["id"]
    assert read_failure(gone)[:2] == (404, "picture_not_found")


async def test_the_page_may_show_what_comes_from_the_bucket(
    redirecting: RunningGallery, seaweedfs: SeaweedFs
) -> None:
    policy = (await redirecting.client.get("/")).headers["content-security-policy"]

    (pictures,) = (rule for rule in policy.split("; ") if rule.startswith("img-src"))
    assert pictures.endswith(seaweedfs.url.replace("127.0.0.1", "localhost"))


async def test_a_row_whose_object_is_gone_is_found(
    gallery: RunningGallery, photo: bytes, seaweedfs: SeaweedFs, prefix: str
) -> None:
    await gallery.upload(photo)
    (original,) = (path for path in list_objects(seaweedfs, prefix) if path.startswith("originals/"))
    seaweedfs.store().delete(f"{prefix.rpartition('/')[2]}/{original}")

    services = gallery.app.state.services
    found = await check_storage(services, now=services.read_clock())

    assert [lost.key for lost in found.lost] == [original]


async def test_smaller_versions_go_with_their_picture_from_the_disks_of_other_galleries_too(
    gallery: RunningGallery, photo: bytes, prefix: str, tmp_path: Path
) -> None:
    owner = gallery.for_device(gallery.device)
    shared: dict[str, Any] = {**gallery.databases.settings(gallery.data_dir)}
    doomed, kept = [(await gallery.upload(photo))["original"] for _ in range(2)]
    async with running_gallery(tmp_path / "other", blob_url=prefix, **shared) as other:
        for original in (doomed, kept):
            path = urlsplit(original["imageUrl"]).path
            assert (await other.client.get(f"{path}?w=160", headers=owner)).status_code == 200
        await gallery.client.delete(f"/api/originals/{doomed['id']}")
        services = other.app.state.services
        rules = SweepRules(temp_ttl=timedelta(days=1), device_ttl=None)
        async with services.database.hold_lock("sweep"):  # Another gallery sweeps just now.
            assert await sweep(services, rules, now=services.read_clock()) is None

    left = [folder.name for folder in (tmp_path / "other" / "renditions").glob("*/*")]
    assert left == [urlsplit(kept["imageUrl"]).path.rpartition("/")[2]]

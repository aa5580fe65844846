"""Pictures in Azure Blob Storage, sent from there by addresses of its own kind."""

from pathlib import Path

import httpx
import pytest

from tests.azurite import Azurite, is_installed
from tests.http.gallery.running import read_data, running_gallery

pytestmark = pytest.mark.skipif(not is_installed(), reason="run `make azure`")


async def test_pictures_come_from_the_container_by_an_address_for_one_of_them_to_read(
    tmp_path: Path, azurite: Azurite, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in azurite.environment().items():
        monkeypatch.setenv(name, value)
    async with (
        running_gallery(tmp_path, blob_url=azurite.make_url(), files_from="bucket") as gallery,
        httpx.AsyncClient(verify=False) as phone,
    ):
        uploaded = await gallery.upload(photo)
        url = uploaded["original"]["imageUrl"]
        reply = await gallery.client.get(url)
        location = reply.headers["location"]
        whole = await phone.get(location)
        part = await phone.get(location, headers={"range": "bytes=10-19"})
        refused = [
            await phone.get(location.replace("/originals/", "/temp/")),
            await phone.get(location.replace("&se=", "&se=9")),
            await phone.put(location, content=b"mine", headers={"x-ms-blob-type": "BlockBlob"}),
            await phone.delete(location),
        ]
        kept = await gallery.client.get(f"{url}&via=gallery")
        face = read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))
        cut = await phone.get(
            (await gallery.client.get(face["downloadedFace"]["faceUrl"])).headers["location"]
        )

    assert (reply.status_code, location.startswith(azurite.url)) == (307, True)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/jpeg")
    assert whole.content == kept.content
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert {each.status_code for each in refused} == {403}
    assert (cut.status_code, cut.content[:2]) == (200, b"\xff\xd8")

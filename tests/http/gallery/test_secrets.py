"""One device never learns of another's things, addresses are good to the last character, ids are nowhere."""

import logging
import uuid
from pathlib import Path

import httpx

from tests.http.gallery.running import RunningGallery, read_failure, running_gallery

OLD_KEY, NEW_KEY = "o" * 43, "n" * 43


async def test_a_foreign_thing_and_none_at_all_are_answered_alike(
    gallery: RunningGallery, photo: bytes
) -> None:
    """The same status, headers and body; nothing but the request's own id differs."""
    uploaded = await gallery.upload(photo)
    stranger = gallery.for_device()
    original, cartoon = uploaded["original"]["id"], uploaded["cartoon"]["id"]
    path = httpx.URL(uploaded["original"]["imageUrl"]).path
    unknown = "f" * 24
    for method, foreign, nothing in (
        ("POST", f"/api/regenerate/{original}", f"/api/regenerate/{unknown}"),
        ("POST", f"/api/download/{cartoon}", f"/api/download/{unknown}"),
        ("DELETE", f"/api/originals/{original}", f"/api/originals/{unknown}"),
        ("DELETE", f"/api/cartoons/{cartoon}", f"/api/cartoons/{unknown}"),
        ("GET", f"/api/originals/{original}/cartoons", f"/api/originals/{unknown}/cartoons"),
        ("GET", path, path.replace("/1", "/2", 1)),
    ):
        replies = [
            await gallery.client.request(method, address, headers=stranger) for address in (foreign, nothing)
        ]
        assert [reply.status_code for reply in replies] == [404, 404], foreign
        assert replies[0].content == replies[1].content
        assert _shape(replies[0]) == _shape(replies[1])


async def test_a_foreign_thing_takes_no_other_way_through_the_database_than_none(
    gallery: RunningGallery, photo: bytes
) -> None:
    """Times are noisy, what is done is not: the same statements, so the same class of time."""
    uploaded = await gallery.upload(photo)
    stranger = gallery.for_device()
    statements: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                statements.append(record.getMessage())

    log, listener = logging.getLogger("sqlalchemy.engine.Engine"), Listener()
    before = log.level
    log.addHandler(listener)
    log.setLevel(logging.INFO)
    try:
        seen = []
        for original in (uploaded["original"]["id"], "f" * 24):
            statements.clear()
            await gallery.client.post(f"/api/regenerate/{original}", headers=stranger)
            seen.append(list(statements))
    finally:
        log.removeHandler(listener)
        log.setLevel(before)
    assert seen[0] == seen[1]


async def test_an_address_with_any_other_character_is_404(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    url = httpx.URL(uploaded["cartoon"]["imageUrl"])
    target = url.raw_path.decode()
    start = target.index("/uploads/") + len("/uploads/")
    nobody = {"x-device-id": ""}
    assert (await gallery.client.get(target, headers=nobody)).status_code == 200
    for position in range(start, len(target)):
        for other in {"A", "0", chr(ord(target[position]) ^ 1)} - {target[position]}:
            changed = target[:position] + other + target[position + 1 :]
            if "#" in other or not other.isprintable():
                continue
            reply = await gallery.client.get(str(url.copy_with(raw_path=changed.encode())), headers=nobody)
            assert reply.status_code == 404, changed
    for cut in range(start, len(target)):
        assert (await gallery.client.get(target[:cut], headers=nobody)).status_code == 404


async def test_keys_are_exchanged_without_breaking_an_address(tmp_path: Path, photo: bytes) -> None:
    nobody = {"x-device-id": ""}
    async with running_gallery(tmp_path, signing_keys=OLD_KEY) as gallery:
        url = (await gallery.upload(photo))["original"]["imageUrl"]
        device = gallery.device
    async with running_gallery(tmp_path, signing_keys=f"{NEW_KEY},{OLD_KEY}") as gallery:
        assert (await gallery.client.get(url, headers=nobody)).status_code == 200
        listed = await gallery.client.get("/api/originals", headers={"x-device-id": device})
        new_url = listed.json()["data"]["originals"][0]["imageUrl"]
    async with running_gallery(tmp_path, signing_keys=NEW_KEY) as gallery:
        assert (await gallery.client.get(url, headers=nobody)).status_code == 404
        assert (await gallery.client.get(new_url, headers=nobody)).status_code == 200


async def test_no_error_repeats_a_device_id(gallery: RunningGallery, photo: bytes) -> None:
    device = str(uuid.uuid4())
    for wrong in (device + "x", device[:-1], device.replace("-", ""), f" {device}", f"{{{device}}}"):
        for path in ("/api/originals", "/api/downloaded-faces", f"/uploads/originals/1_{device[:8]}.jpg"):
            reply = await gallery.client.get(path, headers={"x-device-id": wrong})
            assert device[:8] not in reply.text
            assert device not in str(reply.headers)
        reply = await gallery.post_photo(photo, headers={"x-device-id": wrong})
        assert read_failure(reply)[1] == "invalid_device_id"
        assert device[:8] not in reply.text


def _shape(reply: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name != "x-request-id"}

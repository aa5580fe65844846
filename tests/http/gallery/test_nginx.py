"""The gallery behind a real nginx, with the configuration that we ship."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.acceptance.running import find_free_port
from tests.http.gallery.fake_studio import Gate
from tests.http.gallery.running import (
    NO_WAITING,
    Json,
    RunningGallery,
    listening,
    read_data,
    read_failure,
    read_job,
    running_gallery,
)
from tests.nginx import IS_INSTALLED, running_nginx

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not IS_INSTALLED, reason="nginx is not installed: `make operators`"),
]


@dataclass(frozen=True, slots=True)
class Front:
    """`client` asks nginx, for the device of `gallery.client`; `log`: nginx' own."""

    gallery: RunningGallery
    client: httpx.AsyncClient
    straight: httpx.AsyncClient
    log: Path

    async def upload(self, photo: bytes, **headers: str) -> httpx.Response:
        return await self.client.post("/api/upload", files={"image": photo}, headers=headers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    folder, port = tmp_path_factory.mktemp("nginx"), find_free_port()
    data_dir = folder / "data"
    async with (
        running_gallery(data_dir, trusted_proxies="127.0.0.1", accel_path="/stored/") as gallery,
        listening(gallery.app) as gallery_port,
    ):
        device = {"x-device-id": gallery.device}
        with running_nginx(folder, port=port, gallery_port=gallery_port, uploads=data_dir / "uploads") as log:
            async with (
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=device, timeout=60) as client,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{gallery_port}", timeout=60) as straight,
            ):
                yield Front(gallery, client, straight, log)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def uploaded(front: Front, photo: bytes) -> Json:
    return read_data(await front.upload(photo))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(front: Front) -> AsyncIterator[httpx.AsyncClient]:
    """Has addresses only, as an image widget does."""
    async with httpx.AsyncClient(base_url=front.client.base_url, timeout=60) as client:
        yield client


async def test_addresses_in_replies_are_those_of_nginx(front: Front, uploaded: Json) -> None:
    assert uploaded["original"]["imageUrl"].startswith(f"{front.client.base_url}/uploads/originals/")


async def test_nginx_sends_a_picture_that_the_gallery_allows(
    front: Front, uploaded: Json, stranger: httpx.AsyncClient, photo: bytes
) -> None:
    url = uploaded["original"]["imageUrl"]
    stored = (front.gallery.data_dir / httpx.URL(url).path.removeprefix("/")).read_bytes()

    reply = await stranger.get(url)
    # What the gallery itself would have said, had nobody stood before it.
    inside = httpx.URL(url).raw_path.decode()
    straight = await front.straight.get(inside)

    assert reply.content == straight.content == stored
    for name in (
        "content-type", "vary", "content-security-policy", "cross-origin-resource-policy",
        "referrer-policy", "x-content-type-options", "x-frame-options",
    ):  # fmt: skip
        assert reply.headers[name] == straight.headers[name]
    assert reply.headers["cache-control"].startswith("private, immutable, max-age=")
    assert reply.headers["x-request-id"]
    assert "x-accel-redirect" not in reply.headers
    # The gallery sent nothing: it only said where the picture lies.
    told = await front.straight.get(inside, headers={"x-sendfile-type": "X-Accel-Redirect"})
    assert told.content == b""
    assert told.headers["x-accel-redirect"].startswith("/stored/originals/")


async def test_ranges_heads_and_known_versions_are_nginx_own(
    uploaded: Json, stranger: httpx.AsyncClient
) -> None:
    url = uploaded["cartoon"]["imageUrl"]
    whole = await stranger.get(url)

    part = await stranger.get(url, headers={"range": "bytes=10-19"})
    head = await stranger.head(url)
    known = await stranger.get(url, headers={"if-none-match": whole.headers["etag"]})

    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))
    assert (known.status_code, known.content) == (304, b"")


async def test_the_owner_needs_no_signature_and_a_stranger_gets_nothing(
    front: Front, uploaded: Json, stranger: httpx.AsyncClient
) -> None:
    url = httpx.URL(uploaded["original"]["imageUrl"])
    bare = url.path

    assert (await front.client.get(bare)).status_code == 200
    assert read_failure(await stranger.get(bare))[:2] == (404, "picture_not_found")
    assert (await stranger.get(bare.replace("/uploads/", "/stored/"))).status_code == 404
    tampered = str(url).replace("signature=", "signature=A")
    assert read_failure(await stranger.get(tampered))[:2] == (404, "picture_not_found")


async def test_a_thumbnail_is_made_once_and_then_kept_for_whoever_has_the_address(
    front: Front, uploaded: Json, stranger: httpx.AsyncClient
) -> None:
    url = uploaded["original"]["thumbnailUrl"]

    replies = [await stranger.get(url) for _ in range(2)]
    webp = await stranger.get(url, headers={"accept": "image/webp"})
    owners = [await front.client.get(url) for _ in range(2)]
    tampered = await stranger.get(url.replace("signature=", "signature=A"))

    assert [reply.headers["x-cache-status"] for reply in replies] == ["MISS", "HIT"]
    assert replies[0].content == replies[1].content
    assert webp.headers["content-type"] == "image/webp"
    assert {reply.headers["x-cache-status"] for reply in owners} == {"BYPASS"}
    assert tampered.status_code == 404


async def test_what_only_the_owner_may_see_is_never_kept(
    front: Front, uploaded: Json, stranger: httpx.AsyncClient
) -> None:
    url = httpx.URL(uploaded["cartoon"]["thumbnailUrl"])
    unsigned = f"{url.path}?w=320"
    # A wrong signature, which doesn't matter for the owner.
    tampered = str(url).replace("signature=", "signature=A")

    for address in (unsigned, tampered):
        assert (await front.client.get(address)).status_code == 200
        assert (await stranger.get(address)).status_code == 404


@pytest.mark.parametrize("megabytes", [11, 13])
async def test_a_file_that_is_too_large_is_refused_in_our_shape(front: Front, megabytes: int) -> None:
    reply = await front.client.post("/api/upload", files={"image": b"\xff\xd8\xff" + bytes(megabytes << 20)})

    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["code"] == "file_too_large"
    assert set(reply.json()) == {"success", "error", "code"}


async def test_events_come_when_they_happen(front: Front, photo: bytes) -> None:
    gate = Gate(front.gallery.studio)
    job = read_job(await front.upload(photo, **NO_WAITING), status=202)
    states = []
    async with asyncio.timeout(20), front.client.stream("GET", f"/api/jobs/{job['id']}/events") as events:
        async for line in events.aiter_lines():
            if line.startswith("data:"):
                states.append(json.loads(line.removeprefix("data:"))["state"])
                # It came although the job cannot end yet.
                gate.open()

    assert len(states) >= 2
    assert states[0] in {"queued", "running"}
    assert states[-1] == "succeeded"


async def test_the_log_names_no_device_no_file_and_no_signature(front: Front, uploaded: Json) -> None:
    cartoon_id = uploaded["cartoon"]["id"]
    # Nobody's: cutting the cartoon's own face would take it from the other tests.
    another_id = cartoon_id[:-1] + ("1" if cartoon_id[-1] == "0" else "0")
    await front.client.get(uploaded["original"]["imageUrl"])
    await front.client.post(f"/api/download/{another_id}")

    log = front.log.read_text()
    url = httpx.URL(uploaded["original"]["imageUrl"])
    assert "GET /uploads/originals/* 200" in log
    assert "POST /api/download/* 404" in log
    name = url.path.rpartition("/")[2]
    for secret in (name, url.params["signature"], front.gallery.device[:8], cartoon_id[:-1]):
        assert secret not in log


async def test_a_gallery_that_is_away_is_a_503_in_our_shape(tmp_path: Path) -> None:
    port = find_free_port()
    with running_nginx(tmp_path, port=port, gallery_port=find_free_port(), uploads=tmp_path):
        async with httpx.AsyncClient() as client:
            reply = await client.get(f"http://127.0.0.1:{port}/api/originals")

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "5"
    assert set(reply.json()) == {"success", "error", "code"}

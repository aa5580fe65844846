"""What browsers may do with replies: nothing from elsewhere, unless configured; then what Flutter needs."""

from pathlib import Path

import httpx
import pytest

from tests.http.gallery.running import RunningGallery, running_gallery

APP = "https://app.example.org"
ELSEWHERE = "https://evil.example"
SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


def preflight(method: str, headers: str, *, origin: str = APP) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }


async def test_no_other_origin_may_read_anything_unless_configured(gallery: RunningGallery) -> None:
    listed = await gallery.client.get("/api/originals", headers={"origin": ELSEWHERE})
    asked = await gallery.client.options("/api/upload", headers=preflight("POST", "x-device-id"))

    assert not [name for name in listed.headers if name.startswith("access-control-")]
    assert asked.status_code == 405
    assert not [name for name in asked.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/api/upload", "x-device-id,idempotency-key"),
        ("POST", "/api/regenerate/507f1f77bcf86cd799439011", "content-type,idempotency-key,x-device-id"),
        ("GET", "/api/originals", "x-device-id"),
        ("GET", "/uploads/temp/1_a.jpg", "range,x-device-id"),
        ("DELETE", "/api/originals/507f1f77bcf86cd799439011", "x-device-id"),
    ],
)
async def test_a_configured_origin_may_ask_for_what_flutter_sends(
    tmp_path: Path, method: str, path: str, headers: str
) -> None:
    async with running_gallery(tmp_path, cors_origins=APP) as gallery:
        reply = await gallery.client.options(path, headers=preflight(method, headers))

    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == APP
    assert method in reply.headers["access-control-allow-methods"]
    allowed = reply.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert set(headers.split(",")) <= set(allowed)
    assert "access-control-allow-credentials" not in reply.headers


async def test_another_origin_may_not(tmp_path: Path) -> None:
    async with running_gallery(tmp_path, cors_origins=APP) as gallery:
        asked = await gallery.client.options(
            "/api/upload", headers=preflight("POST", "x-device-id", origin=ELSEWHERE)
        )
        listed = await gallery.client.get("/api/originals", headers={"origin": ELSEWHERE})

    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in listed.headers


async def test_a_configured_origin_can_read_successes_refusals_and_crashes(
    tmp_path: Path, photo: bytes
) -> None:
    async with running_gallery(tmp_path, cors_origins=f"{APP} http://127.0.0.1:8080") as gallery:
        gallery.client.headers["origin"] = APP
        uploaded = await gallery.upload(photo)
        replies = [
            await gallery.client.get("/api/originals"),
            await gallery.client.get(uploaded["cartoon"]["imageUrl"]),
            await gallery.client.get("/api/originals", headers={"x-device-id": "no"}),
            await gallery.client.get("/nowhere"),
        ]
        gallery.app.state.services = None
        replies.append(await gallery.client.get("/api/originals"))

    assert [reply.status_code for reply in replies] == [200, 200, 400, 404, 500]
    for reply in replies:
        assert reply.headers["access-control-allow-origin"] == APP
        assert "Origin" in reply.headers["vary"]
        assert "Retry-After" in reply.headers["access-control-expose-headers"]


async def test_every_reply_has_safe_headers_and_none_tells_what_runs_here(
    gallery: RunningGallery, photo: bytes
) -> None:
    uploaded = await gallery.upload(photo)
    for path, status in {
        "/api/originals": 200,
        "/health": 200,
        "/docs": 200,
        "/openapi.json": 200,
        uploaded["original"]["imageUrl"]: 200,
        "/uploads/temp/1_a.jpg": 404,
        "/nowhere": 404,
        "/api/upload": 405,
    }.items():
        reply = await gallery.client.get(path)
        assert reply.status_code == status, path
        check_safe(reply)


async def test_crashes_have_them_too(gallery: RunningGallery) -> None:
    gallery.app.state.services = None
    reply = await gallery.client.get("/api/originals")
    assert reply.status_code == 500
    check_safe(reply)


async def test_pages_and_pictures_keep_a_policy_of_their_own(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    policies = {
        path: (await gallery.client.get(path)).headers["content-security-policy"]
        for path in ("/api/originals", "/docs", uploaded["cartoon"]["imageUrl"])
    }
    assert len(set(policies.values())) == 3
    assert all("default-src 'none'" in policy for policy in policies.values())


async def test_pictures_may_be_shown_by_pages_of_others_and_nothing_else_may(
    gallery: RunningGallery, photo: bytes
) -> None:
    """Their addresses are signed for whoever has them; an image widget sends no headers."""
    uploaded = await gallery.upload(photo)
    picture = await gallery.client.get(uploaded["cartoon"]["imageUrl"])
    listed = await gallery.client.get("/api/originals")

    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
    assert listed.headers["cross-origin-resource-policy"] == "same-origin"


def check_safe(reply: httpx.Response) -> None:
    assert SAFE.items() <= dict(reply.headers).items()
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "server" not in reply.headers
    assert "x-powered-by" not in reply.headers

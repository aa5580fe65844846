"""Walks the whole guide with a plain HTTP client, as the phone app does, against running services."""

import re
import socket
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.acceptance.running import MOST_CONNECTIONS, RunningToonbooth
from tests.pictures import read_format, read_pixels

Json = dict[str, Any]
"""A JSON object whose fields the tests check."""

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def app(toonbooth: RunningToonbooth) -> Generator[httpx.Client]:
    device = {"x-device-id": str(uuid.uuid4())}
    with httpx.Client(base_url=toonbooth.gallery_url, headers=device, timeout=60) as client:
        yield client


def test_a_phone_app_walks_the_whole_guide(
    app: httpx.Client, toonbooth: RunningToonbooth, astronaut_jpeg: bytes
) -> None:
    rows_before, files_before = count_rows(toonbooth), count_files(toonbooth)
    assert list_everything(app) == ([], [])

    uploaded = read_success(
        app.post("/api/upload", files={"image": ("me.jpg", astronaut_jpeg, "image/jpeg")})
    )
    original, first = uploaded["original"], uploaded["cartoon"]
    assert set(uploaded) == {"original", "cartoon"}
    assert set(original) == {"id", "imageUrl", "thumbnailUrl", "createdAt"}
    check_picture(original, toonbooth, folder="originals", identifier=app.headers["x-device-id"][:8])
    check_picture(first, toonbooth, folder="temp", identifier=original["id"])
    assert first["faces"][0]["score"] > 0.5

    again = read_success(app.post(f"/api/regenerate/{original['id']}"))
    second = again["cartoon"]
    assert set(again) == {"cartoon"}
    check_picture(second, toonbooth, folder="temp", identifier=original["id"])
    assert second["id"] != first["id"]
    assert fetch(second["imageUrl"]) != fetch(first["imageUrl"])
    assert count_files(toonbooth) - files_before == Counter(originals=1, temp=2)

    downloaded = read_success(app.post(f"/api/download/{second['id']}"))
    face = downloaded["downloadedFace"]
    assert set(downloaded) == {"downloadedFace"}
    assert set(face) == {"id", "faceUrl", "thumbnailUrl", "originalId", "createdAt"}
    assert face["originalId"] == original["id"]
    check_picture(face, toonbooth, folder="downloaded", identifier=original["id"], url_field="faceUrl")
    assert count_files(toonbooth) - files_before == Counter(originals=1, downloaded=1)
    assert read_failure(app.post(f"/api/download/{first['id']}"), status=404) == "cartoon_not_found"

    originals, faces = list_everything(app)
    assert [(entry["id"], entry["fileSize"]) for entry in originals] == [
        (original["id"], stored_file(toonbooth, original["imageUrl"]).stat().st_size)
    ]
    assert set(originals[0]) == {"id", "imageUrl", "thumbnailUrl", "fileSize", "createdAt"}
    assert [entry["id"] for entry in faces] == [face["id"]]
    assert set(faces[0]) == {"id", "faceUrl", "thumbnailUrl", "fileSize", "original", "createdAt"}
    assert set(faces[0]["original"]) == {"id", "imageUrl", "thumbnailUrl", "createdAt"}
    assert faces[0]["original"]["id"] == original["id"]
    assert fetch(faces[0]["faceUrl"]) == fetch(face["faceUrl"])

    assert count_rows(toonbooth) - rows_before == Counter(devices=1, originals=1, downloaded_faces=1)


def test_the_photo_is_stored_as_it_was_sent(app: httpx.Client, astronaut_jpeg: bytes) -> None:
    uploaded = read_success(app.post("/api/upload", files={"image": ("me.jpg", astronaut_jpeg)}))

    stored = fetch(uploaded["original"]["imageUrl"])
    assert np.array_equal(read_pixels(stored), read_pixels(astronaut_jpeg))


def test_another_device_sees_nothing_and_a_bare_address_opens_nothing(
    app: httpx.Client, astronaut_jpeg: bytes
) -> None:
    uploaded = read_success(app.post("/api/upload", files={"image": ("me.jpg", astronaut_jpeg)}))
    bare = uploaded["original"]["imageUrl"].partition("?")[0]
    stranger = {"x-device-id": str(uuid.uuid4())}

    assert app.get(bare).status_code == 200
    assert httpx.get(bare).status_code == 404
    assert httpx.get(bare, headers=stranger).status_code == 404
    assert read_failure(
        app.post(f"/api/regenerate/{uploaded['original']['id']}", headers=stranger), status=404
    )
    assert read_failure(app.post(f"/api/download/{uploaded['cartoon']['id']}", headers=stranger), status=404)


def test_an_address_with_too_many_connections_is_refused(
    app: httpx.Client, toonbooth: RunningToonbooth
) -> None:
    address = ("127.0.0.1", httpx.URL(toonbooth.gallery_url).port or 0)
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS):
            stack.enter_context(socket.create_connection(address))
        refused = app.get("/api/originals")

    read_failure(refused, status=429)
    assert refused.headers["retry-after"] == "5"
    deadline = time.monotonic() + 10
    while app.get("/health").status_code != 200:  # the gallery has yet to notice that they are closed
        assert time.monotonic() < deadline


def read_success(reply: httpx.Response) -> Json:
    assert reply.status_code == 200, reply.text
    assert reply.headers["x-request-id"]
    body = reply.json()
    assert set(body) == {"success", "data"}
    assert body["success"] is True
    data: Json = body["data"]
    return data


def read_failure(reply: httpx.Response, *, status: int) -> str:
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert set(body) == {"success", "error", "code"}
    assert body["success"] is False
    code: str = body["code"]
    return code


def list_everything(app: httpx.Client) -> tuple[list[Json], list[Json]]:
    originals = app.get("/api/originals").json()["data"]
    faces = app.get("/api/downloaded-faces").json()["data"]
    assert set(originals) == {"originals", "count"}
    assert originals["count"] == len(originals["originals"])
    total = len(faces["downloadedFaces"])
    assert faces["pagination"] == {"page": 1, "limit": 50, "total": total, "pages": min(total, 1)}
    return originals["originals"], faces["downloadedFaces"]


def check_picture(
    entry: Json,
    toonbooth: RunningToonbooth,
    *,
    folder: str,
    identifier: str,
    url_field: str = "imageUrl",
) -> None:
    """A picture has an id, a moment, a name as the guide says, a file on disk and an address that opens."""
    url = entry[url_field]
    assert OBJECT_ID.fullmatch(entry["id"])
    assert MOMENT.fullmatch(entry["createdAt"])
    assert re.fullmatch(
        rf"{re.escape(toonbooth.gallery_url)}/uploads/{folder}/\d{{13}}_{identifier}\.jpg",
        url.partition("?")[0],
    )
    reply = httpx.get(url)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.content == stored_file(toonbooth, url).read_bytes()
    assert read_format(reply.content) == "JPEG"


def stored_file(toonbooth: RunningToonbooth, url: str) -> Path:
    return toonbooth.data_folder / httpx.URL(url).path.removeprefix("/")


def count_files(toonbooth: RunningToonbooth) -> Counter[str]:
    uploads = toonbooth.data_folder / "uploads"
    folders = ("originals", "temp", "downloaded")
    return Counter(file.parent.name for folder in folders for file in (uploads / folder).glob("*"))


def fetch(url: str) -> bytes:
    reply = httpx.get(url)
    assert reply.status_code == 200
    return reply.content


def count_rows(toonbooth: RunningToonbooth) -> Counter[str]:
    (database,) = toonbooth.data_folder.glob("*.sqlite3")
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        tables = ("devices", "originals", "regenerated_cartoons", "downloaded_faces")
        return Counter(
            {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
        )
    finally:
        connection.close()

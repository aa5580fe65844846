"""SIGTERM, as a deployment sends it: what runs comes to its end, what is new is refused, nothing is lost."""

import contextlib
import http.client
import json
import signal
import sqlite3
import uuid
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.acceptance.running import STOP_SECONDS, running_toonbooth

DEVICE = {"x-device-id": str(uuid.uuid4())}
FORM = "multipart/form-data; boundary=edge"
BEFORE = b'--edge\r\nContent-Disposition: form-data; name="image"; filename="me.jpg"\r\n\r\n'
AFTER = b"\r\n--edge--\r\n"


@contextlib.contextmanager
def held_back(url: str, path: str, content_type: str, length: int) -> Generator[http.client.HTTPConnection]:
    """A request whose head has been sent and whose body is still to come."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.putrequest("POST", path)
    for name, value in {**DEVICE, "Content-Type": content_type, "Content-Length": str(length)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        yield connection
    finally:
        connection.close()


def finish(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, dict[str, object]]:
    connection.send(body)
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def test_work_that_has_begun_is_finished_and_new_work_is_refused(
    tmp_path: Path, astronaut_jpeg: bytes
) -> None:
    form = BEFORE + astronaut_jpeg + AFTER
    with (
        running_toonbooth(tmp_path / "data") as toonbooth,
        httpx.Client(base_url=toonbooth.gallery_url, headers=DEVICE, timeout=30) as app,
    ):
        first = app.post("/api/upload", files={"image": astronaut_jpeg}).json()["data"]
        with (
            held_back(toonbooth.gallery_url, "/api/upload", FORM, len(form)) as upload,
            held_back(
                toonbooth.gallery_url, f"/api/download/{first['cartoon']['id']}", "application/json", 2
            ) as download,
            held_back(toonbooth.studio_url, "/generate-cartoon", FORM, len(form)) as drawing,
        ):
            upload.send(form[:1000])
            # Answered after them, so they have begun.
            assert app.get("/api/originals").json()["data"]["count"] == 1
            toonbooth.process.send_signal(signal.SIGTERM)
            refused = _post_until_refused(app)
            listed = app.get("/api/originals")
            ready, alive = app.get("/health/ready"), app.get("/health/live")

            # The face is cut from a file that the studio fetches from the gallery, which is about to stop.
            downloaded = finish(download, b"{}")
            uploaded = finish(upload, form[1000:])
            assert finish_drawing(drawing, form) == 200
        status = toonbooth.process.wait(timeout=STOP_SECONDS)

    assert refused.status_code == 503
    assert refused.json()["code"] == "shutting_down"
    assert int(refused.headers["retry-after"]) >= 1
    assert (listed.status_code, ready.status_code, alive.status_code) == (200, 503, 200)
    assert (downloaded[0], uploaded[0]) == (200, 200), "".join(toonbooth.output)
    assert status == 0
    logged = "".join(toonbooth.output)
    assert "POST /api/upload 200" in logged
    assert "Traceback" not in logged
    # A real run's real logs: no id, and no address that opens a picture.
    assert DEVICE["x-device-id"] not in logged
    assert DEVICE["x-device-id"][:8] not in logged
    assert "signature" not in logged
    assert not any(path.name in logged for path in (tmp_path / "data" / "uploads").rglob("*.jpg"))
    check_everything_is_there(tmp_path / "data", originals=2, cartoons=1, faces=1)


def finish_drawing(connection: http.client.HTTPConnection, form: bytes) -> int:
    connection.send(form)
    return connection.getresponse().status


def _post_until_refused(app: httpx.Client) -> httpx.Response:
    """A signal takes a moment to arrive; until then there is no such photo."""
    reply = app.post(f"/api/regenerate/{'0' * 24}")
    while reply.status_code == 404:
        reply = app.post(f"/api/regenerate/{'0' * 24}")
    return reply


def check_everything_is_there(data: Path, *, originals: int, cartoons: int, faces: int) -> None:
    connection = sqlite3.connect(data / "gallery.sqlite3")
    with contextlib.closing(connection):
        keys = {
            table: [row[0] for row in connection.execute(f"SELECT key FROM {table}")]
            for table in ("originals", "regenerated_cartoons", "downloaded_faces")
        }
    assert [len(found) for found in keys.values()] == [originals, cartoons, faces]
    named = {key for found in keys.values() for key in found}
    stored = {
        str(path.relative_to(data / "uploads")) for path in (data / "uploads").rglob("*") if path.is_file()
    }
    assert stored == named

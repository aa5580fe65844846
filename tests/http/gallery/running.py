"""A gallery in this process, with a real database and a real folder, and a studio at its other side."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from tests.databases import Databases, SqliteDatabases
from tests.http.gallery.fake_studio import FakeStudio
from toonbooth.gallery.app import create_app
from toonbooth.gallery.settings import GallerySettings

Json = dict[str, Any]
"""A JSON object whose fields a test checks."""

ADDRESS = "http://gallery.test"
NO_WAITING = {"prefer": "respond-async"}
TABLES = ("devices", "originals", "regenerated_cartoons", "downloaded_faces")
NOTHING_STORED: tuple[dict[str, int], dict[str, bytes]] = (dict.fromkeys(TABLES, 0), {})


@dataclass(frozen=True, slots=True)
class RunningGallery:
    """`client` speaks for one device, which has been here never before."""

    app: FastAPI
    client: httpx.AsyncClient
    studio: FakeStudio
    data_dir: Path
    databases: Databases
    device: str

    async def upload(self, photo: bytes, **fields: str) -> Json:
        """Upload a photo that must be taken; returns the `data` of the reply."""
        return read_data(await self.post_photo(photo, data=fields))

    async def post_photo(
        self, photo: bytes, *, data: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return await self.client.post(
            "/api/upload",
            files={"image": ("me.jpg", photo, "image/jpeg")},
            data=data or {},
            headers=headers or {},
        )

    async def get_job(self, job: Json) -> Json:
        return read_job(await self.client.get(f"/api/jobs/{job['id']}"))

    async def wait_for_end(self, job: Json) -> Json:
        """The job when it has ended."""
        async with asyncio.timeout(20):
            while job["state"] in {"queued", "running"}:
                await asyncio.sleep(0.01)
                job = await self.get_job(job)
        return job

    def for_device(self, device: str | None = None) -> dict[str, str]:
        """Headers of another device, a new one when none is named."""
        return {"x-device-id": device or str(uuid.uuid4())}

    def count_rows(self) -> dict[str, int]:
        """How many rows each of the guide's tables has, looked up behind the gallery's back."""
        selects = [f"SELECT '{table}', count(*) FROM {table}" for table in TABLES]
        rows = (row.split("|") for row in self.ask_database(" UNION ALL ".join(selects)))
        return {table: int(count) for table, count in rows}

    def ask_database(self, statement: str) -> list[str]:
        """Run a statement behind the gallery's back; returns its rows, columns parted by `|`."""
        return self.databases.ask(self.databases.settings(self.data_dir)["database_url"], statement)

    def list_files(self) -> dict[str, bytes]:
        """All files under the uploads folder, staged ones too, by their paths."""
        folder = self.data_dir / "uploads"
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def stored(self) -> tuple[dict[str, int], dict[str, bytes]]:
        """All that is kept: rows and files."""
        return self.count_rows(), self.list_files()


@asynccontextmanager
async def running_gallery(
    data_dir: Path,
    *,
    databases: Databases | None = None,
    studio_transport: httpx.AsyncBaseTransport | None = None,
    **settings: object,
) -> AsyncIterator[RunningGallery]:
    """A gallery over `data_dir`; its studio is a `FakeStudio` unless a transport leads elsewhere."""
    databases = databases or SqliteDatabases()
    device = str(uuid.uuid4())
    async with httpx.AsyncClient(verify=False) as fetch:  # reading certificates takes a third of a test
        studio = FakeStudio(fetch)
        app = create_app(
            GallerySettings.model_validate(
                {
                    "data_dir": data_dir,
                    "internal_url": ADDRESS,
                    "conversion_workers": 1,
                    **databases.settings(data_dir),
                    **settings,
                }
            ),
            studio_transport=studio_transport or httpx.ASGITransport(studio.app),
        )
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url=ADDRESS, headers={"x-device-id": device}
            ) as client,
            httpx.AsyncClient(transport=httpx.ASGITransport(app)) as studio.fetch,
        ):
            yield RunningGallery(
                app=app, client=client, studio=studio, data_dir=data_dir, databases=databases, device=device
            )


def read_job(reply: httpx.Response, *, status: int = 200) -> Json:
    """The job in a reply."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert set(body) == {"success", "data"}
    assert set(body["data"]) == {"job"}
    job: Json = body["data"]["job"]
    return job


def start(request: Coroutine[None, None, httpx.Response]) -> asyncio.Task[httpx.Response]:
    """Send a request without waiting for its reply."""
    return asyncio.create_task(request)


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application whose lifespan runs already; yields the port."""
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=3)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


def read_data(reply: httpx.Response) -> Json:
    """The `data` of a success, whose shape is checked."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert set(body) == {"success", "data"}
    assert body["success"] is True
    data: Json = body["data"]
    return data


def read_failure(reply: httpx.Response) -> tuple[int, str, str]:
    """Status, code and sentence of a failure, whose shape is checked."""
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"]
    body = reply.json()
    assert set(body) == {"success", "error", "code"}
    assert body["success"] is False
    return reply.status_code, body["code"], body["error"]

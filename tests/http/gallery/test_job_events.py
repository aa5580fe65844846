"""Jobs over real connections: events as they happen, and what it means when somebody leaves."""

import asyncio
import json
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.http.gallery.fake_studio import FakeStudio, Gate
from tests.http.gallery.running import (
    NO_WAITING,
    NOTHING_STORED,
    Json,
    RunningGallery,
    listening,
    read_data,
    read_job,
    running_gallery,
)
from toonbooth.kit.live_replies import Event, EventStream

JPEG = b"\xff\xd8\xff\xe0small"
PREVIEW = f"data:image/jpeg;base64,{b64encode(JPEG).decode()}"


@dataclass(frozen=True, slots=True)
class LiveGallery:
    """A gallery on a port; its studio, on another, is the fake one."""

    inside: RunningGallery
    studio: FakeStudio
    port: int
    client: httpx.AsyncClient

    async def begin(self, photo: bytes, **headers: str) -> Json:
        reply = await self.client.post("/api/upload", files={"image": photo}, headers=NO_WAITING | headers)
        return read_job(reply, status=202)

    @asynccontextmanager
    async def events(self, job: Json, **headers: str) -> AsyncIterator[AsyncIterator[tuple[str, Json]]]:
        """Ids and jobs, as they come."""
        path = f"/api/jobs/{job['id']}/events"
        async with self.client.stream("GET", path, headers=headers) as reply:
            assert reply.status_code == 200
            yield read_events(reply)


async def read_events(reply: httpx.Response) -> AsyncIterator[tuple[str, Json]]:
    fields: dict[str, str] = {}
    async for line in reply.aiter_lines():
        if not line:
            if "data" in fields:
                assert fields["event"] == "job"
                yield fields["id"], json.loads(fields["data"])
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[LiveGallery]:
    async with httpx.AsyncClient() as fetch:
        studio = FakeStudio(fetch)
        async with (
            listening(studio.app) as studio_port,
            running_gallery(
                tmp_path / "data",
                studio_transport=httpx.AsyncHTTPTransport(),
                studio_url=f"http://127.0.0.1:{studio_port}",
            ) as inside,
            listening(inside.app) as port,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers={"x-device-id": inside.device}, timeout=20
            ) as client,
        ):
            yield LiveGallery(inside, studio, port, client)


async def test_every_stage_arrives_while_the_studio_draws(live: LiveGallery, photo: bytes) -> None:
    live.studio.news = ({"stage": "decoded", "preview": b64encode(JPEG).decode()},)
    gate = Gate(live.studio)
    job = await live.begin(photo)
    async with asyncio.timeout(20), live.events(job) as events:
        seen = [event async for event in until(events, "decoded")]
        assert seen[-1][1]["previewUrl"] == PREVIEW
        assert seen[-1][1]["state"] == "running"
        gate.open()
        seen += [event async for event in events]

    last = seen[-1][1]
    assert (last["state"], last["stage"], last["previewUrl"]) == ("succeeded", "stored", None)
    assert last["answer"]["status"] == 200
    progress = [each["progress"] for _, each in seen]
    assert progress == sorted(progress)
    assert [int(number) for number, _ in seen] == sorted({int(number) for number, _ in seen})
    assert await live.inside.get_job(job) == last


async def test_a_place_in_the_queue_is_told(live: LiveGallery, photo: bytes) -> None:
    live.studio.news = ({"queuePosition": 3},)
    gate = Gate(live.studio)
    job = await live.begin(photo)
    async with asyncio.timeout(20), live.events(job) as events:
        async for _, waiting in events:
            if waiting["queuePosition"] is not None:
                break
    gate.open()

    assert (waiting["state"], waiting["queuePosition"]) == ("queued", 3)


async def test_two_tabs_see_one_job_and_a_reload_goes_on_where_it_was(
    live: LiveGallery, photo: bytes
) -> None:
    live.studio.news = ({"stage": "decoded"},)
    gate = Gate(live.studio)
    job = await live.begin(photo)
    async with asyncio.timeout(20), live.events(job) as first, live.events(job) as second:
        seen = [event async for event in until(first, "decoded")]
        gate.open()
        ends = [[event async for event in tab][-1] for tab in (first, second)]
    async with live.events(job, **{"last-event-id": seen[-1][0]}) as resumed:
        missed = [event async for event in resumed]

    assert ends[0] == ends[1]
    assert missed == ends[:1]


async def test_who_calls_a_job_off_ends_its_events(live: LiveGallery, photo: bytes) -> None:
    gate = Gate(live.studio)
    job = await live.begin(photo)
    await gate.wait_for(1)
    async with asyncio.timeout(20), live.events(job) as events:
        await anext(events)
        await live.client.delete(f"/api/jobs/{job['id']}")
        states = [each["state"] async for _, each in events]
        while not live.studio.dropped:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)

    assert states[-1] == "cancelled"
    assert live.inside.count_rows()["originals"] == 0


async def test_a_job_goes_on_when_its_watcher_leaves(live: LiveGallery, photo: bytes) -> None:
    gate = Gate(live.studio)
    job = await live.begin(photo)
    async with asyncio.timeout(20), live.events(job) as events:
        await anext(events)
    await gate.wait_for(1)
    gate.open()

    assert (await live.inside.wait_for_end(job))["state"] == "succeeded"
    assert live.studio.dropped == 0


@pytest.mark.parametrize("key", [None, "3f8a"])
async def test_a_plain_upload_whose_client_leaves_is_dropped_unless_it_can_come_back(
    live: LiveGallery, photo: bytes, key: str | None
) -> None:
    headers = {} if key is None else {"idempotency-key": key}
    gate = Gate(live.studio)
    impatient = httpx.Timeout(10, read=0.5)
    with pytest.raises(httpx.ReadTimeout):
        async with httpx.AsyncClient(base_url=live.client.base_url, timeout=impatient) as leaving:
            await leaving.post(
                "/api/upload", files={"image": photo}, headers={"x-device-id": live.inside.device, **headers}
            )
    await gate.wait_for(1)
    if key is None:
        async with asyncio.timeout(10):
            while not live.studio.dropped or live.inside.stored() != NOTHING_STORED:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return
    again = asyncio.create_task(live.client.post("/api/upload", files={"image": photo}, headers=headers))
    await asyncio.wait({again}, timeout=0.2)
    gate.open()
    read_data(await again)
    assert live.studio.dropped == 0
    assert len(live.studio.asked) == 1


async def test_who_reads_nothing_is_cut_off_and_makes_nothing_pile_up() -> None:
    asked = 0

    async def tell() -> AsyncIterator[Event | None]:
        nonlocal asked
        while True:
            asked += 1
            await asyncio.sleep(0)
            yield Event("job", str(asked), "x" * 65_536)

    stream = EventStream(tell(), send_seconds=0.3)  # type: ignore[arg-type]  # a generator, to mypy an iterator
    async with listening(stream) as port:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(1)
        when_full = asked
        await asyncio.sleep(0.2)
        connection.close()

    assert asked == when_full < 500


async def until(events: AsyncIterator[tuple[str, Json]], stage: str) -> AsyncIterator[tuple[str, Json]]:
    async for event in events:
        yield event
        if event[1]["stage"] == stage:
            return

"""Three galleries on PostgreSQL and SeaweedFS behind a proxy; one is killed, or what they stand on restarts:
nothing promised is lost.
"""

import asyncio
import os
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.acceptance.torture.phone import Phone, insist
from tests.acceptance.torture.round_robin import RoundRobin
from tests.acceptance.torture.running import (
    Gallery,
    client_of,
    clients_of,
    count_answers,
    galleries_to_torture,
    running_studio,
    settle,
)
from tests.databases import SIGNING_KEYS
from tests.http.gallery.running import listening, read_data
from tests.postgresql_server import PostgresqlServer
from tests.seaweedfs import SeaweedFs
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.operations.check_storage import Findings, check_storage
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.storage import open_storage

ROUNDS = int(os.environ.get("TORTURE_CLUSTER", "0"))
pytestmark = pytest.mark.skipif(not ROUNDS, reason="takes long: `make torture` runs it")
OUTAGES = -(-ROUNDS // 10)
GALLERIES = 3
PHONES = 4
FEWEST_ANSWERS, MOST_ANSWERS = 6, 16


@dataclass(frozen=True)
class Cluster:
    """Galleries that share a database and a bucket, seen through a proxy."""

    url: str
    proxy: RoundRobin
    galleries: list[Gallery]
    shared: dict[str, str]
    server: PostgresqlServer

    async def start(self, gallery: Gallery) -> None:
        await gallery.start(**self.shared)

    def end_leases(self) -> None:
        """What twelve seconds would do: nobody works on what dead galleries were at."""
        name = self.shared["GALLERY_DATABASE_URL"].rpartition("/")[2]
        self.server.ask(name, "UPDATE idempotent_answers SET leased_until = created_at WHERE status IS NULL")

    async def check(self, data_dir: Path) -> Findings:
        settings = GallerySettings(
            data_dir=data_dir,
            database_url=self.shared["GALLERY_DATABASE_URL"],
            blob_url=self.shared["GALLERY_BLOB_URL"],
            signing_keys=SIGNING_KEYS,  # type: ignore[arg-type]  # pydantic makes the secret
        )
        async with open_storage(settings) as storage:
            return await check_storage(storage, now=read_clock())


@pytest.fixture
async def cluster(
    tmp_path: Path,
    postgresql_server: PostgresqlServer,
    seaweedfs: SeaweedFs,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Cluster]:
    for name, value in seaweedfs.environment().items():
        monkeypatch.setenv(name, value)
    folders = [tmp_path / str(number) for number in range(GALLERIES)]
    with running_studio() as studio_url, galleries_to_torture(folders, studio_url) as galleries:
        async with proxied(galleries) as (url, proxy):
            shared = {
                "GALLERY_DATABASE_URL": postgresql_server.make_database(f"cluster-{uuid.uuid4().hex}"),
                "GALLERY_SIGNING_KEYS": SIGNING_KEYS,
                "GALLERY_BLOB_URL": seaweedfs.make_url(),
                "GALLERY_PUBLIC_URL": url,
                "GALLERY_INTERNAL_URL": url,
            }
            cluster = Cluster(url, proxy, galleries, shared, postgresql_server)
            # All at once, on a database without tables.
            for gallery in galleries:
                await gallery.launch(**shared)
            await asyncio.gather(*(gallery.wait_until_ready() for gallery in galleries))
            yield cluster
            for gallery in galleries:
                if gallery.process_id:
                    await asyncio.to_thread(gallery.stop)


@asynccontextmanager
async def proxied(galleries: list[Gallery]) -> AsyncIterator[tuple[str, RoundRobin]]:
    async with httpx.AsyncClient(verify=False, timeout=60) as client:
        proxy = RoundRobin([gallery.url for gallery in galleries], client)
        async with listening(proxy) as port:
            yield f"http://127.0.0.1:{port}", proxy


async def test_any_gallery_may_be_killed_and_the_others_know_everything(
    cluster: Cluster, tmp_path: Path, astronaut_jpeg: bytes
) -> None:
    await go_through_the_whole_flow(cluster, astronaut_jpeg)
    assert set(cluster.proxy.served) == set(cluster.proxy.galleries)
    assert set(cluster.proxy.statuses) == {200}

    rng = random.Random()
    async with phones_of(cluster, rng) as phones:
        for _ in range(ROUNDS):
            victim = rng.choice(cluster.galleries)
            await use_while(cluster, phones, rng, victim.kill)
            cluster.end_leases()
            await settle(cluster.url, phones)
            await cluster.start(victim)
    # What the phones have, and what is left of the flow: a photo and a face.
    await check_that_all_is_there(cluster, phones, tmp_path / "check", others=2)


async def test_the_database_and_the_bucket_may_restart_underneath(
    cluster: Cluster, seaweedfs: SeaweedFs, tmp_path: Path
) -> None:
    rng = random.Random()
    async with phones_of(cluster, rng) as phones:
        for _ in range(OUTAGES):
            for restart in (cluster.server.restart, seaweedfs.restart):
                await use_while(cluster, phones, rng, restart)
                cluster.end_leases()
                await settle(cluster.url, phones)
    assert cluster.proxy.statuses[503] >= OUTAGES  # or nobody was there when it happened
    await check_that_all_is_there(cluster, phones, tmp_path / "check", others=0)


@asynccontextmanager
async def phones_of(cluster: Cluster, rng: random.Random) -> AsyncIterator[list[Phone]]:
    """Devices that see everything through the proxy."""
    async with httpx.AsyncClient(verify=False, timeout=60) as reader:

        async def read_through_proxy(url: str) -> bytes:
            reply = await insist(lambda: reader.get(url))
            assert reply.status_code == 200, f"{url}: {reply.status_code}"
            return reply.content

        yield [
            Phone(read_through_proxy, random.Random(rng.random()), may_be_refused=True) for _ in range(PHONES)
        ]


async def check_that_all_is_there(
    cluster: Cluster, phones: list[Phone], data_dir: Path, *, others: int
) -> None:
    findings = await cluster.check(data_dir)
    assert (findings.lost, findings.damaged, findings.database) == ([], [], [])
    assert findings.rows == sum(len(phone.state) for phone in phones) + others
    assert set(cluster.proxy.statuses) <= {200, 503}
    print(  # noqa: T201 - shown with -s
        f"answers {count_answers(phones)}, by status {dict(cluster.proxy.statuses)}, broken off "
        f"{cluster.proxy.broken_off}, happened unanswered {sum(each.happened_unanswered for each in phones)}"
    )


async def go_through_the_whole_flow(cluster: Cluster, photo: bytes) -> None:
    """Each request meets another gallery than the one before."""
    key = {"idempotency-key": uuid.uuid4().hex}
    async with client_of(cluster.url, str(uuid.uuid4())) as app:
        uploaded = read_data(await app.post("/api/upload", files={"image": photo}, headers=key))
        repeated = await app.post("/api/upload", files={"image": photo}, headers=key)
        again = read_data(await app.post(f"/api/regenerate/{uploaded['original']['id']}"))
        face = read_data(await app.post(f"/api/download/{again['cartoon']['id']}"))["downloadedFace"]
        originals = read_data(await app.get("/api/originals"))
        faces = read_data(await app.get("/api/downloaded-faces"))
        pictures = [await app.get(url) for url in (face["faceUrl"], uploaded["original"]["imageUrl"])]

    assert read_data(repeated) == uploaded
    assert repeated.headers["idempotent-replayed"] == "true"
    assert [each["id"] for each in originals["originals"]] == [uploaded["original"]["id"]]
    assert [each["id"] for each in faces["downloadedFaces"]] == [face["id"]]
    assert [picture.status_code for picture in pictures] == [200, 200]


async def use_while(
    cluster: Cluster, phones: list[Phone], rng: random.Random, happen: Callable[[], None]
) -> None:
    """Something happens while phones use the gallery."""
    before = count_answers(phones)
    first_half = before + rng.randint(FEWEST_ANSWERS, MOST_ANSWERS)
    second_half = first_half + MOST_ANSWERS
    async with clients_of(cluster.url, phones) as pairs:
        using = [
            asyncio.create_task(phone.use(client, is_enough=lambda: count_answers(phones) >= second_half))
            for phone, client in pairs
        ]
        while count_answers(phones) < first_half:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
        await asyncio.sleep(rng.uniform(0, 0.03))
        await asyncio.to_thread(happen)
        # A phone that was refused stops; enough of the others go on.
        await asyncio.gather(*using)

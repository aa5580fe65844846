"""Many requests of one device at once, at a real gallery: each wins or loses wholly, and none crashes."""

import asyncio
import os
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.torture.phone import make_photo
from tests.acceptance.torture.running import Gallery, client_of, gallery_to_torture
from tests.http.gallery.fake_studio import AskedForCartoon, FakeStudio, cut, draw
from tests.http.gallery.running import listening
from toonbooth.gallery.clock import read_clock
from toonbooth.gallery.operations.check_storage import check_storage
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.storage import open_storage

Json = dict[str, Any]
"""A JSON object whose fields a test checks."""

ROUNDS = int(os.environ.get("TORTURE_RACES", "24"))
RACERS = 4
EXPECTED = {200, 404}


@dataclass(slots=True)
class Race:
    """What one device has been told by many replies at once."""

    client: httpx.AsyncClient
    rng: random.Random
    photos: dict[str, bytes] = field(default_factory=dict)
    cartoons: dict[str, tuple[str, bytes, int]] = field(default_factory=dict)
    """Original, picture and seed of every cartoon that was ever told of."""
    faces: dict[str, str] = field(default_factory=dict)
    """The cartoon of every face that was ever told of."""
    deleted: set[str] = field(default_factory=set)
    """Originals, cartoons, faces and devices of which a reply said that they were deleted."""
    statuses: Counter[str] = field(default_factory=Counter)

    async def upload(self) -> None:
        photo = make_photo(self.rng)
        seed = self.rng.randrange(10**9)
        data = await self._send("POST", "/api/upload", files={"image": photo}, data={"seed": str(seed)})
        if data is not None:
            self.photos[data["original"]["id"]] = photo
            self._note_cartoon(data["original"]["id"], data["cartoon"])

    async def regenerate(self, original: str) -> None:
        data = await self._send(
            "POST", f"/api/regenerate/{original}", json={"seed": self.rng.randrange(10**9)}
        )
        if data is not None:
            self._note_cartoon(original, data["cartoon"])

    async def download(self, cartoon: str) -> None:
        data = await self._send("POST", f"/api/download/{cartoon}")
        if data is not None:
            assert cartoon not in self.faces.values(), "a second face of one cartoon"
            self.faces[data["downloadedFace"]["id"]] = cartoon

    async def delete(self, path: str) -> None:
        if await self._send("DELETE", f"/api/{path}") is not None:
            self.deleted.add(path.rpartition("/")[2])

    async def look(self, path: str) -> None:
        await self._send("GET", path)

    async def run_round(self, *, with_device: bool) -> None:
        """Send requests that get in each other's way, all at once."""
        original = self.rng.choice([*self.photos])
        cartoons = [id_ for id_, (of, _, _) in self.cartoons.items() if of == original][-3:]
        cartoon = self.rng.choice(cartoons)
        racers = [
            self.regenerate(original),
            self.download(cartoon),
            self.download(cartoon),
            self.download(cartoons[-1]),
            self.regenerate(original),
            self.look("/api/originals"),
            self.look(f"/api/originals/{original}/cartoons"),
        ]
        if self.rng.random() < 0.4:
            racers.append(self.delete(f"cartoons/{cartoon}"))
        if self.rng.random() < 0.3 and self.faces:
            racers.append(self.delete(f"downloaded-faces/{self.rng.choice([*self.faces])}"))
        if self.rng.random() < 0.2:
            racers.append(self.delete(f"originals/{original}"))
        if self.rng.random() < 0.5:
            racers.append(self.upload())
        if with_device and self.rng.random() < 0.3:
            racers.append(self.delete("device"))
        self.rng.shuffle(racers)
        async with asyncio.TaskGroup() as tasks:
            for racer in racers:
                tasks.create_task(self._start_late(racer))

    async def _start_late(self, racer: Any) -> None:
        await asyncio.sleep(self.rng.uniform(0, 0.03))
        await racer

    async def _send(self, method: str, path: str, **more: Any) -> Json | None:
        reply = await self.client.request(method, path, **more)
        self.statuses[f"{method} {path.split('/')[2]} {reply.status_code}"] += 1
        assert reply.status_code in EXPECTED, f"{method} {path}: {reply.status_code} {reply.text}"
        data: Json | None = reply.json().get("data")
        return data

    def _note_cartoon(self, original: str, cartoon: Json) -> None:
        picture = draw(self.photos[original], style=cartoon["style"], seed=cartoon["seed"])
        self.cartoons[cartoon["id"]] = (original, picture, cartoon["seed"])


async def race(tmp_path: Path, *, with_device: bool) -> tuple[Race, Gallery, Json, FakeStudio]:
    """Some rounds of several races on one device at once; returns what is there in the end."""
    async with httpx.AsyncClient(verify=False) as fetch:
        studio = FakeStudio(fetch)
        async with listening(studio.app) as port:
            studio.before_reply = lambda: asyncio.sleep(random.uniform(0, 0.02))
            with gallery_to_torture(tmp_path / "data", f"http://127.0.0.1:{port}") as gallery:
                await gallery.start()
                async with client_of(gallery.url, str(uuid.uuid4())) as client:
                    race = Race(client, random.Random())
                    await asyncio.gather(*(race.upload() for _ in range(RACERS)))
                    for _ in range(ROUNDS // RACERS):
                        if with_device:
                            await race.upload()
                        await asyncio.gather(
                            *(race.run_round(with_device=with_device) for _ in range(RACERS))
                        )
                    found = await look_at_everything(client)
                await check_that_rows_and_files_are_the_same(gallery)
                gallery.stop()
    print(dict(race.statuses))  # noqa: T201 - shown with -s
    return race, gallery, found, studio


async def look_at_everything(client: httpx.AsyncClient) -> Json:
    originals = (await client.get("/api/originals")).json()["data"]["originals"]
    faces: list[Json] = []
    while len(faces) % 100 == 0:
        page = await client.get(f"/api/downloaded-faces?limit=100&page={len(faces) // 100 + 1}")
        more = page.json()["data"]["downloadedFaces"]
        faces += more
        if not more:
            break
    return {
        "originals": {entry["id"]: entry for entry in originals},
        "cartoons": {
            entry["id"]: entry | {"originalId": original["id"]}
            for original in originals
            for entry in (await client.get(f"/api/originals/{original['id']}/cartoons")).json()["data"][
                "cartoons"
            ]
        },
        "faces": {entry["id"]: entry for entry in faces},
    }


async def check_that_rows_and_files_are_the_same(gallery: Gallery) -> None:
    """Whoever lost has taken away its files itself; the sweeper has nothing to do."""
    async with open_storage(GallerySettings(data_dir=gallery.data_dir)) as storage:
        findings = await check_storage(storage, now=read_clock())
    assert findings.is_sound
    assert findings.rows == findings.files
    assert list(gallery.uploads.glob(".staging/*")) == []


async def test_of_requests_that_meet_each_wins_or_loses_wholly(tmp_path: Path) -> None:
    race_, gallery, found, studio = await race(tmp_path, with_device=False)

    # Nothing appears that was not told of, and nothing goes but by a deletion or a download.
    assert found["originals"].keys() == race_.photos.keys() - race_.deleted
    for id_, entry in found["originals"].items():
        assert read(gallery, entry["imageUrl"]) == race_.photos[id_]
    assert found["faces"].keys() == {
        face
        for face, cartoon in race_.faces.items()
        if not {face, race_.cartoons[cartoon][0]} & race_.deleted
    }
    for id_, entry in found["faces"].items():
        original, picture, _ = race_.cartoons[race_.faces[id_]]
        assert entry["original"]["id"] == original
        assert read(gallery, entry["faceUrl"]) == cut(picture)
    for id_, entry in found["cartoons"].items():
        original, picture, _ = race_.cartoons[id_]
        assert entry["originalId"] == original
        assert read(gallery, entry["imageUrl"]) == picture

    # No cartoon outlives a download: the studio was asked for all that are left after the last face was cut.
    asked_at = {asked.seed: asked.arrived_at for asked in studio.asked if isinstance(asked, AskedForCartoon)}
    for id_, entry in found["cartoons"].items():
        for face in found["faces"].values():
            if face["original"]["id"] == entry["originalId"]:
                cut_at = datetime.fromisoformat(face["createdAt"]).timestamp()
                assert asked_at[race_.cartoons[id_][2]] >= cut_at


async def test_deleting_a_device_meets_everything_else(tmp_path: Path) -> None:
    race_, _, found, _ = await race(tmp_path, with_device=True)

    assert "device" in race_.deleted
    assert found["originals"].keys() <= race_.photos.keys()
    assert found["faces"].keys() <= race_.faces.keys()


def read(gallery: Gallery, url: str) -> bytes:
    return (gallery.uploads / url.partition("/uploads/")[2].partition("?")[0]).read_bytes()

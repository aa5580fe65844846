"""A phone that remembers everything it was promised, and finds out what became of what it was not."""

import asyncio
import contextlib
import io
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx
from PIL import Image

from tests.http.gallery.fake_studio import cut, draw

Json = dict[str, Any]
"""A JSON object whose fields a test checks."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that the gallery keeps, byte for byte. An original is its own original."""

    kind: str
    id: str
    original_id: str
    data: bytes = field(repr=False)


State: TypeAlias = dict[str, Kept]
"""What a device has, by ids."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, which may be sent again."""

    method: str
    path: str
    photo: bytes | None = field(default=None, repr=False)
    key: str | None = None
    cartoon_id: str = ""

    async def send(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.request(
            self.method,
            self.path,
            files={"image": ("me.jpg", self.photo)} if self.photo else None,
            headers={"idempotency-key": self.key} if self.key else {},
        )


@dataclass(slots=True)
class Phone:
    """One device. Sends one request at a time, so that at most one is without an answer."""

    read_picture: Callable[[str], Awaitable[bytes]]
    """Gets the bytes behind an address, as they are stored."""
    rng: random.Random
    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = field(default_factory=dict)
    may_be_refused: bool = False
    """Whether 503 is an answer: try again."""
    unanswered: Request | None = None
    answers: int = 0
    checked: int = 0
    happened_unanswered: int = 0

    async def use(self, client: httpx.AsyncClient, *, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Ask for this and that until the gallery is gone, or it is enough."""
        while not is_enough():
            self.unanswered = request = self._choose()
            try:
                reply = await request.send(client)
            except httpx.TransportError:
                return
            if self.may_be_refused and reply.status_code == 503:
                return
            self._note(request, reply)
            self.unanswered = None

    async def settle(self, client: httpx.AsyncClient) -> None:
        """Check that all is there that was promised, and what became of the request without an answer.

        It has happened wholly or not at all. When it is sent again, with its key, it happens now or its
        answer is given: never does it happen twice.
        """
        found = await self._look(client)
        request, self.unanswered = self.unanswered, None
        if request is None:
            assert found == self.state
            return
        happened = found != self.state
        if happened:
            self.happened_unanswered += 1
            self._check_effect(request, found)
        before, self.state = self.state, found
        if request.key is None:
            return
        reply = await self._insist(lambda: request.send(client))
        assert reply.status_code == 200, reply.text
        assert ("idempotent-replayed" in reply.headers) == happened
        if happened:
            self.state = before  # what was promised follows from the answer, as if it had come in time
        self._note(request, reply)
        assert await self._look(client) == self.state

    def _choose(self) -> Request:
        originals, cartoons, faces = (
            [kept for kept in self.state.values() if kept.kind == kind]
            for kind in ("original", "cartoon", "face")
        )
        key = uuid.uuid4().hex if self.rng.random() < 0.7 else None
        upload = Request("POST", "/api/upload", photo=make_photo(self.rng), key=key)
        choices: list[tuple[int, Callable[[], Request]]] = [(4, lambda: upload)]
        if originals:
            original = self.rng.choice(originals).id
            choices.append((3, lambda: Request("POST", f"/api/regenerate/{original}", key=key)))
            choices.append((len(originals) // 3, lambda: Request("DELETE", f"/api/originals/{original}")))
        if cartoons:
            cartoon = self.rng.choice(cartoons).id
            choices.append(
                (3, lambda: Request("POST", f"/api/download/{cartoon}", key=key, cartoon_id=cartoon))
            )
            choices.append((1, lambda: Request("DELETE", f"/api/cartoons/{cartoon}")))
        if faces:
            face = self.rng.choice(faces).id
            choices.append((len(faces) // 3, lambda: Request("DELETE", f"/api/downloaded-faces/{face}")))
        if len(self.state) > 40:
            choices.append((20, lambda: Request("DELETE", "/api/device")))
        weights, makers = zip(*choices, strict=True)
        make: Callable[[], Request] = self.rng.choices(makers, weights)[0]
        return make()

    def _note(self, request: Request, reply: httpx.Response) -> None:
        """Remember what a reply promises."""
        assert reply.status_code == 200, f"{request}: {reply.status_code} {reply.text}"
        self.answers += 1
        data = reply.json()["data"]
        if request.method == "DELETE":
            gone = self._list_deleted(request)
            assert data["deleted"]["files"] == len(gone)
            for id_ in gone:
                del self.state[id_]
        elif request.path == "/api/upload":
            assert request.photo is not None
            original = Kept("original", data["original"]["id"], data["original"]["id"], request.photo)
            self._keep(original)
            self._keep(self._expect_cartoon(original, data["cartoon"]))
        elif request.cartoon_id:
            cartoon, face = self.state[request.cartoon_id], data["downloadedFace"]
            for sibling in self._list_cartoons(cartoon.original_id):
                del self.state[sibling]
            self._keep(Kept("face", face["id"], cartoon.original_id, cut(cartoon.data)))
        else:
            original = self.state[request.path.rpartition("/")[2]]
            self._keep(self._expect_cartoon(original, data["cartoon"]))

    def _check_effect(self, request: Request, found: State) -> None:
        """What happened without an answer is the whole of what was asked."""
        added = [kept for id_, kept in found.items() if id_ not in self.state]
        gone = {id_ for id_ in self.state if id_ not in found}
        assert {id_: found[id_] for id_ in found.keys() & self.state} == {
            id_: kept for id_, kept in self.state.items() if id_ not in gone
        }
        kinds = sorted(kept.kind for kept in added)
        if request.method == "DELETE":
            assert (kinds, gone) == ([], set(self._list_deleted(request)))
        elif request.path == "/api/upload":
            assert (kinds, gone) == (["cartoon", "original"], set())
            assert len({kept.original_id for kept in added}) == 1
            assert [kept.data for kept in added if kept.kind == "original"] == [request.photo]
        elif request.cartoon_id:
            cartoon = self.state[request.cartoon_id]
            assert (kinds, gone) == (["face"], set(self._list_cartoons(cartoon.original_id)))
            assert (added[0].original_id, added[0].data) == (cartoon.original_id, cut(cartoon.data))
        else:
            assert (kinds, gone) == (["cartoon"], set())
            assert added[0].original_id == request.path.rpartition("/")[2]

    def _list_deleted(self, request: Request) -> list[str]:
        id_ = request.path.rpartition("/")[2]
        if request.path == "/api/device":
            return list(self.state)
        if request.path.startswith("/api/originals/"):
            return [kept.id for kept in self.state.values() if kept.original_id == id_]
        return [id_]

    def _list_cartoons(self, original_id: str) -> list[str]:
        return [
            kept.id
            for kept in self.state.values()
            if (kept.kind, kept.original_id) == ("cartoon", original_id)
        ]

    def _keep(self, kept: Kept) -> None:
        assert kept.id not in self.state
        self.state[kept.id] = kept

    def _expect_cartoon(self, original: Kept, cartoon: Json) -> Kept:
        data = draw(original.data, style=cartoon["style"], seed=cartoon["seed"])
        return Kept("cartoon", cartoon["id"], original.id, data)

    async def _look(self, client: httpx.AsyncClient) -> State:
        """What the gallery says that we have, with the bytes that are stored."""
        found: State = {}
        for original in await self._get(client, "/api/originals", "originals"):
            kept = Kept("original", original["id"], original["id"], await self._read(original["imageUrl"]))
            assert original["fileSize"] == len(kept.data)
            found[kept.id] = kept
            for cartoon in await self._get(client, f"/api/originals/{original['id']}/cartoons", "cartoons"):
                expected = self._expect_cartoon(kept, cartoon)
                assert await self._read(cartoon["imageUrl"]) == expected.data
                found[expected.id] = expected
        for face in await self._get(client, "/api/downloaded-faces?limit=100", "downloadedFaces"):
            found[face["id"]] = Kept(
                "face", face["id"], face["original"]["id"], await self._read(face["faceUrl"])
            )
            assert face["fileSize"] == len(found[face["id"]].data)
        return found

    async def _get(self, client: httpx.AsyncClient, path: str, name: str) -> list[Json]:
        reply = await self._insist(lambda: client.get(path))
        assert reply.status_code == 200, reply.text
        entries: list[Json] = reply.json()["data"][name]
        return entries

    async def _insist(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        return await (insist(send) if self.may_be_refused else send())

    async def _read(self, url: str) -> bytes:
        self.checked += 1
        return await self.read_picture(url)


async def insist(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Send a request, one that may be sent twice, until the answer is another one than 503 or none."""
    while True:
        with contextlib.suppress(httpx.RemoteProtocolError):  # A connection that was idle for too long.
            reply = await send()
            if reply.status_code != 503:
                return reply
        await asyncio.sleep(0.05)


def make_photo(rng: random.Random) -> bytes:
    """A small JPEG that no other is like."""
    file = io.BytesIO()
    noise = Image.frombytes("RGB", (12, 12), rng.randbytes(12 * 12 * 3))
    noise.resize((48, 48)).save(file, "JPEG", quality=85)
    return file.getvalue()

"""A studio for tests: keeps the contract, draws at once, remembers what it was asked, fails on demand."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
from PIL import Image, ImageOps
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from toonbooth.contract import (
    FACES_HEADER,
    GEOMETRY_HEADER,
    SEED_HEADER,
    STYLE_HEADER,
    FaceSummary,
    encode_faces_header,
)
from toonbooth.kit.connections import while_connected

FACES = (FaceSummary(box=(0.37, 0.13, 0.16, 0.27), score=0.97),)
STYLES = ("comic", "sketch")


@dataclass(frozen=True, slots=True)
class AskedForCartoon:
    """A request for a drawing as it arrived."""

    photo: bytes
    file_name: str
    media_type: str
    style: str | None
    seed: int | None
    request_id: str | None
    arrived_at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class AskedForCut:
    """A request for a face cut as it arrived."""

    body: dict[str, object]
    image: bytes
    request_id: str | None


@dataclass(slots=True)
class FakeStudio:
    """An ASGI application (`app`) and what a test may want to know of it or change about it."""

    fetch: httpx.AsyncClient
    asked: list[AskedForCartoon | AskedForCut] = field(default_factory=list)
    styles: tuple[str, ...] = STYLES
    is_foreign: bool = False
    """Knows the guide only: no styles, no headers of ours."""
    reply: Callable[[], Response] | None = None
    """Sent in place of a picture."""
    preview: Callable[[], Response] | None = None
    """Sent in place of a style's preview."""
    preview_version: int = 1
    models: dict[str, dict[str, str]] = field(default_factory=dict)
    """The networks of styles that have one."""
    previews_asked: int = 0
    before_reply: Callable[[], Awaitable[None]] | None = None
    news: tuple[dict[str, object], ...] = ()
    """Told before the reply to whoever prefers `multipart/mixed`."""
    is_alive: bool = False
    """Whether it says that its process is well, as ours does."""
    dropped: int = 0
    """How many requests ended because the client left."""

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/generate-cartoon", self._generate_cartoon, methods=["POST"]),
                Route("/process-face-cut", self._process_face_cut, methods=["POST"]),
                Route("/health/live", self._tell_liveness),
                Route("/styles", self._list_styles),
                Route("/styles/{style}/preview", self._get_preview),
            ]
        )

    async def _generate_cartoon(self, request: Request) -> Response:
        async with request.form() as form:
            image = form["image"]
            assert isinstance(image, UploadFile)
            asked = AskedForCartoon(
                photo=await image.read(),
                file_name=image.filename or "",
                media_type=image.content_type or "",
                style=str(form["style"]) if "style" in form else None,
                seed=int(str(form["seed"])) if "seed" in form else None,
                request_id=request.headers.get("x-request-id"),
            )
        self.asked.append(asked)
        style, seed = asked.style or self.styles[0], len(self.asked) if asked.seed is None else asked.seed
        headers = {
            STYLE_HEADER: style,
            SEED_HEADER: str(seed),
            FACES_HEADER: encode_faces_header(FACES),
        }
        accept = request.headers.get("accept")
        return await self._answer(request, draw(asked.photo, style=style, seed=seed), headers, accept=accept)

    async def _process_face_cut(self, request: Request) -> Response:
        body = await request.json()
        try:
            image = await self.fetch.get(body["image_url"])
        except httpx.TransportError:
            return refuse(500, "image_unreachable")()  # as ours answers
        if image.status_code in {429, 502, 503, 504}:
            return refuse(503, "image_server_busy")()
        if image.status_code != 200:
            return refuse(404, "image_not_found")()
        self.asked.append(AskedForCut(body, image.content, request.headers.get("x-request-id")))
        wanted = {"png": "PNG", "webp": "WEBP"}.get(body.get("format", "jpg"), "JPEG")
        return await self._answer(
            request, cut(image.content, wanted=wanted), {GEOMETRY_HEADER: "metadata"}, accept=None
        )

    async def _tell_liveness(self, _request: Request) -> Response:
        return Response(status_code=200 if self.is_alive else 404)

    async def _list_styles(self, _request: Request) -> Response:
        if self.is_foreign:
            return Response("<h1>Not Found</h1>", status_code=404)
        styles = [
            {
                "name": name,
                "title": name.title(),
                "line": "Drawn.",
                "previewUrl": f"/styles/{name}/preview?v={self.preview_version}",
                "model": self.models.get(name),
            }
            for name in self.styles
        ]
        return JSONResponse({"success": True, "data": {"styles": styles}})

    async def _get_preview(self, request: Request) -> Response:
        self.previews_asked += 1
        if self.preview is not None:
            return self.preview()
        file = io.BytesIO()
        Image.new("RGB", (320, 320), (len(request.path_params["style"]), 128, 128)).save(file, "WEBP")
        return Response(
            file.getvalue(), media_type="image/webp", headers={"Cache-Control": "public, max-age=86400"}
        )

    async def _answer(
        self, request: Request, content: bytes, headers: dict[str, str], *, accept: str | None
    ) -> Response:
        if self.news and (accept or "").startswith("multipart/mixed") and not self.is_foreign:
            return StreamingResponse(
                self._tell(content, headers), media_type="multipart/mixed; boundary=edge"
            )
        try:
            await while_connected(request, self._hold())
        except ClientDisconnect:
            return Response(status_code=499)
        if self.reply is not None:
            return self.reply()
        headers = {} if self.is_foreign else headers
        if accept == "multipart/form-data":
            return Response(
                wrap_in_form(content), media_type="multipart/form-data; boundary=edge", headers=headers
            )
        media_type = Image.MIME[Image.open(io.BytesIO(content)).format or ""]
        return Response(content, media_type=media_type, headers=headers)

    async def _hold(self) -> None:
        if self.before_reply is None:
            return
        try:
            await self.before_reply()
        except asyncio.CancelledError:
            self.dropped += 1
            raise

    async def _tell(self, content: bytes, headers: dict[str, str]) -> AsyncIterator[bytes]:
        yield b"--edge\r\n"
        for each in self.news:
            yield _make_part(json.dumps(each).encode(), {"Content-Type": "application/json"})
        await self._hold()
        if self.reply is None:
            yield _make_part(content, {"Content-Type": "image/jpeg", **headers}, is_last=True)
        else:
            refusal = self.reply()
            body = {**json.loads(bytes(refusal.body)), "status": refusal.status_code}
            retry = {"Retry-After": refusal.headers.get("retry-after", "5")}
            yield _make_part(
                json.dumps(body).encode(), {"Content-Type": "application/json", **retry}, is_last=True
            )


def _make_part(content: bytes, headers: dict[str, str], *, is_last: bool = False) -> bytes:
    """A part and the boundary after it, without which nobody knows that the part is complete."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"\r\n" + content + (b"\r\n--edge--\r\n" if is_last else b"\r\n--edge\r\n")


class Gate:
    """Holds a studio's replies back until it opens."""

    def __init__(self, studio: FakeStudio) -> None:
        self._studio = studio
        self._open = asyncio.Event()
        self._changed = asyncio.Condition()
        self._waiting = 0
        studio.before_reply = self._hold

    async def wait_for(self, count: int) -> None:
        """Until so many replies are held back."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting >= count)

    def open(self) -> None:
        """Let all of them go, and those that come later pass."""
        self._studio.before_reply = None
        self._open.set()

    async def _hold(self) -> None:
        async with self._changed:
            self._waiting += 1
            self._changed.notify_all()
        await self._open.wait()


def draw(photo: bytes, *, style: str, seed: int) -> bytes:
    """The photo in fewer colours; style and seed show as a shade."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")
    shade = Image.new("RGB", picture.size, ((seed * 37) % 256, len(style) * 16 % 256, 128))
    file = io.BytesIO()
    Image.blend(ImageOps.posterize(picture, 3), shade, 0.2).save(file, "JPEG")
    return file.getvalue()


def cut(cartoon: bytes, *, wanted: str = "JPEG") -> bytes:
    """The face where `FACES` says it is, with a margin."""
    picture = Image.open(io.BytesIO(cartoon)).convert("RGB")
    x, y, width, height = FACES[0].box
    file = io.BytesIO()
    picture.crop(
        (
            round((x - width / 2) * picture.width),
            round((y - height / 2) * picture.height),
            round((x + 1.5 * width) * picture.width),
            round((y + 1.5 * height) * picture.height),
        )
    ).save(file, wanted)
    return file.getvalue()


def wrap_in_form(content: bytes, *, end: bytes = b"\r\n--edge--\r\n") -> bytes:
    """A form of one file, whose boundary is `edge`."""
    disposition = b'Content-Disposition: form-data; name="image"; filename="cartoon.jpg"'
    return b"--edge\r\n" + disposition + b"\r\n\r\n" + content + end


def refuse(status: int, code: str, *, headers: dict[str, str] | None = None) -> Callable[[], Response]:
    """A failure in our shape."""
    body = {"success": False, "error": f"The studio says {code}.", "code": code}
    return lambda: Response(
        json.dumps(body), status_code=status, media_type="application/json", headers=headers
    )

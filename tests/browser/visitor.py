"""Somebody who uses the page: what they do, and what they see."""

import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from playwright.async_api import BrowserContext, FileChooser, FilePayload, Locator, Page, Request, expect

Json = dict[str, Any]


@dataclass(slots=True)
class Visitor:
    """One tab. Tests say what matters to them; the steps that all of them take stand here."""

    context: BrowserContext
    page: Page
    page_errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    @classmethod
    async def arrive(cls, context: BrowserContext, address: str) -> Self:
        visitor = cls(context, await context.new_page())
        host = urlsplit(address).netloc

        def note_request(request: Request) -> None:
            target = urlsplit(request.url)
            if target.scheme in {"http", "https"} and target.netloc != host:
                visitor.foreign_requests.append(request.url)

        visitor.page.on("pageerror", lambda error: visitor.page_errors.append(str(error)))
        visitor.page.on("request", note_request)
        # Listened for from the beginning: a key press may be faster than a wish to hear that comes with it.
        visitor.page.on("filechooser", lambda _chooser: None)
        await visitor.page.goto(address)
        return visitor

    async def open_tab(self, place: str = "") -> "Visitor":
        """Another tab of the same browser."""
        return await Visitor.arrive(self.context, self.page.url.partition("#")[0] + place)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, level=1)

    @property
    def drawings(self) -> Locator:
        """The tiles of the strip."""
        return self.page.locator("#drawings").get_by_role("button")

    @property
    def notice(self) -> Locator:
        return self.page.get_by_role("alert").filter(visible=True)

    @property
    def progress(self) -> Locator:
        """What is said of the work that is on its way."""
        return self.page.locator("#work")

    @property
    def tiles(self) -> Locator:
        """The pictures of a grid."""
        return self.page.locator(".grid:visible .tile")

    async def choose(
        self, photo: bytes | Path, *, button: str = "Choose a photo", name: str = "me.jpg"
    ) -> FileChooser:
        """Choose a file; its ending says what it seems to be. A large one had better lie on the disk."""
        async with self.page.expect_file_chooser() as opening:
            await self.button(button).click()
        chooser = await opening.value
        await chooser.set_files(photo if isinstance(photo, Path) else make_file(photo, name))
        return chooser

    async def send(self, photo: bytes) -> None:
        """Choose a photo and wait for its first drawing."""
        await self.choose(photo)
        await self.see_drawings(1)

    async def draw_again(self) -> None:
        before = await self.drawings.count()
        await self.button("Another one").click()
        await self.see_drawings(before + 1)

    async def delete_drawing(self) -> None:
        """Delete the drawing that is shown."""
        await self.button("Delete this drawing").click()
        await self.button("Delete it").click()

    async def keep(self, **choices: str) -> None:
        """Keep the face of the drawing that is shown."""
        await self.button("Keep this face").click()
        for name in choices.values():
            await self.page.get_by_role("radio", name=name).check(force=True)
        await self.button("Cut it out").click()
        await expect(self.heading("Kept")).to_be_visible()

    async def go_to(self, place: str) -> None:
        await self.page.get_by_role("navigation", name="Places").get_by_role("link", name=place).click()
        await expect(self.heading(place)).to_be_visible()

    async def see_drawings(self, count: int) -> None:
        await expect(self.heading("Your cartoon")).to_be_visible()
        await expect(self.drawings).to_have_count(count)

    async def ask_gallery(self, path: str) -> Json:
        """What the gallery has of this device, asked beside the page."""
        reply = await self.context.request.get(self._address(path), headers=await self._headers())
        body: Json = await reply.json()
        data: Json = body["data"]
        return data

    async def post_photo(self, photo: bytes) -> None:
        """Send a photo as this device, beside the page."""
        reply = await self.context.request.post(
            self._address("/api/upload"), headers=await self._headers(), multipart={"image": make_file(photo)}
        )
        assert reply.ok, await reply.text()

    async def _headers(self) -> dict[str, str]:
        return {"x-device-id": await self.page.evaluate("localStorage.getItem('toonbooth.device')")}

    def _address(self, path: str) -> str:
        return urljoin(self.page.url, path)


def make_file(content: bytes, name: str = "me.jpg") -> FilePayload:
    media_type, _ = mimetypes.guess_type(name)
    return {"name": name, "mimeType": media_type or "", "buffer": content}

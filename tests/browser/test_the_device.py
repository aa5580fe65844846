"""The id that this browser made for itself, and another browser that takes it over."""

import re
import zipfile

import numpy as np
import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, encode_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_device_is_kept_and_shown_only_when_asked(visit: Open) -> None:
    visitor = await visit(place="#/device")
    device = await visitor.page.evaluate("localStorage.getItem('toonbooth.device')")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", device)
    await expect(visitor.page.get_by_text(device)).to_have_count(0)

    await visitor.page.reload()
    await visitor.button("Show").click()

    await expect(visitor.page.get_by_text(device)).to_be_visible()


async def test_another_browser_takes_the_device_over(visit: Open, astronaut_jpeg: bytes) -> None:
    owner = await visit()
    await owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await owner.send(astronaut_jpeg)
    await owner.go_to("Device")
    await owner.button("Copy a link for another browser").click()
    await expect(owner.page.get_by_text("The link is copied.")).to_be_visible()
    link = await owner.page.evaluate("navigator.clipboard.readText()")

    other = await visit(place=link.partition("/#")[2] and f"#{link.partition('#')[2]}")
    await expect(other.page).to_have_url(re.compile(r"#/device$"))
    await other.button("Use the other id").click()
    await other.go_to("Photos")

    await expect(other.tiles).to_have_count(1)


async def test_what_is_no_device_id_is_said_to_be_none(visit: Open) -> None:
    visitor = await visit(place="#/device")
    await visitor.page.get_by_label("Its id").fill("my phone")
    await visitor.button("Use it here").click()
    await expect(visitor.notice).to_contain_text("That is not a device id.")
    await expect(visitor.page.get_by_label("Its id")).to_be_focused()


async def test_many_photos_come_in_pages(visit: Open) -> None:
    visitor = await visit()
    for shade in range(25):
        await visitor.post_photo(encode_jpeg(np.full((48, 64, 3), 10 * shade, np.uint8)))

    await visitor.go_to("Photos")
    await expect(visitor.tiles).to_have_count(24)
    await visitor.button("Older").click()

    await expect(visitor.tiles).to_have_count(1)
    await expect(visitor.page.get_by_text("2 of 2", exact=True)).to_be_visible()
    await expect(visitor.button("Older")).to_be_disabled()
    await visitor.page.go_back()
    await expect(visitor.tiles).to_have_count(24)


async def test_pictures_are_deleted_one_by_one(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    await visitor.send(astronaut_jpeg)
    await visitor.keep()
    await visitor.go_to("Faces")
    await visitor.tiles.get_by_role("button", name="Delete").click()
    await visitor.button("Delete it").click()
    await expect(visitor.page.get_by_text("No faces yet.")).to_be_visible()
    await expect(visitor.heading("Faces")).to_be_focused()

    await visitor.go_to("Photos")
    await visitor.tiles.get_by_role("button", name="Delete").click()
    await visitor.button("Leave it").click()
    await expect(visitor.tiles).to_have_count(1)
    await visitor.tiles.get_by_role("button", name="Delete").click()
    await visitor.button("Delete it").click()

    no_photos = visitor.page.get_by_text("No photos yet.")
    await expect(no_photos).to_be_visible()
    await visitor.go_to("Device")
    await visitor.context.set_offline(True)
    await visitor.go_to("Photos")
    await expect(visitor.notice).to_contain_text("There is no network.")
    await expect(no_photos).to_be_hidden()
    await visitor.context.set_offline(False)
    await visitor.button("Try again").click()
    await expect(no_photos).to_be_visible()
    assert (await visitor.ask_gallery("/api/originals"))["count"] == 0


async def test_everything_is_exported_and_then_erased(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    await visitor.send(astronaut_jpeg)
    await visitor.go_to("Device")
    device = await visitor.page.evaluate("localStorage.getItem('toonbooth.device')")
    async with visitor.page.expect_download() as download:
        await visitor.button("Export").click()
    with zipfile.ZipFile(await (await download.value).path()) as archive:
        folders = {name.partition("/")[0] for name in archive.namelist()}
    assert folders == {"originals", "temp", "manifest.json"}

    await visitor.button("Erase everything").click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    await expect(visitor.page.get_by_text("Everything is erased.")).to_be_visible()

    assert await visitor.page.evaluate("localStorage.getItem('toonbooth.device')") != device
    gallery = visitor.page.url.partition("/#")[0]
    kept = await visitor.context.request.get(f"{gallery}/api/originals", headers={"x-device-id": device})
    assert (await kept.json())["data"]["count"] == 0

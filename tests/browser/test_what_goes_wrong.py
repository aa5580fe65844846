"""Every failure is a sentence and a way on."""

from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Open, encode_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_file_that_is_no_picture_is_refused_before_it_is_sent(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    visitor = await visit()
    await visitor.choose(b"hello", name="hello.txt")
    await expect(visitor.notice).to_contain_text("That is not a picture.")

    await visitor.choose(astronaut_jpeg, button="Choose another photo")

    await visitor.see_drawings(1)


async def test_a_broken_photo_says_what_the_gallery_says(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    await visitor.choose(astronaut_jpeg[:3000])

    await expect(visitor.notice).to_be_visible()
    await expect(visitor.notice).not_to_contain_text("reload", ignore_case=True)
    await expect(visitor.heading("That did not work")).to_be_visible()
    await visitor.page.reload()
    await expect(visitor.button("Choose a photo")).to_be_visible()


async def test_a_photo_that_is_too_large_is_made_smaller_when_asked(
    visit: Open, astronaut_jpeg: bytes, tmp_path: Path
) -> None:
    visitor = await visit()
    with_a_video_behind = tmp_path / "me.jpg"
    with_a_video_behind.write_bytes(astronaut_jpeg + bytes(10 * 1024 * 1024))

    await visitor.choose(with_a_video_behind)
    await expect(visitor.notice).to_contain_text("10 MB is the most.")
    await visitor.button("Make it smaller and send it").click()

    await visitor.see_drawings(1)


async def test_a_photo_without_a_face_is_drawn_and_says_so(visit: Open) -> None:
    visitor = await visit()
    await visitor.send(encode_jpeg(np.full((300, 400, 3), 200, np.uint8)))

    await expect(visitor.notice).to_contain_text("No face was found in this photo.")
    await expect(visitor.button("Keep this face")).to_be_hidden()
    await expect(visitor.button("Another one")).to_be_visible()


async def test_a_failure_of_the_gallery_can_be_tried_again_with_the_same_key(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    visitor = await visit()
    keys: list[str] = []

    async def fail_once(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            error = {"success": False, "error": "The studio sent no picture.", "code": "studio_failed"}
            await route.fulfill(status=500, json=error)
        else:
            await route.continue_()

    await visitor.page.route("**/api/upload", fail_once)
    await visitor.choose(astronaut_jpeg)
    await expect(visitor.notice).to_contain_text("The studio sent no picture.")
    await visitor.button("Try again").click()

    await visitor.see_drawings(1)
    assert len(set(keys)) == 1


async def test_a_photo_that_is_gone_leads_back_to_the_booth(visit: Open) -> None:
    visitor = await visit(place="#/photo/507f1f77bcf86cd799439011")
    await expect(visitor.notice).to_contain_text("This photo is not here")
    await visitor.button("Start with another photo").click()
    await expect(visitor.button("Choose a photo")).to_be_visible()

"""What a phone's network does: nothing is lost, and nothing is done twice."""

import asyncio

import pytest
from playwright.async_api import Request, Route, expect

from tests.browser.conftest import PHONE, Open

pytestmark = pytest.mark.asyncio(loop_scope="session")

UPLOAD = "**/api/upload"


async def test_an_answer_that_is_lost_on_its_way_is_asked_for_again(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    visitor = await visit(PHONE)
    keys: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            await route.continue_()
            return
        await route.fetch()  # the gallery has done it
        await route.abort()  # and the page never hears of it

    await visitor.page.route(UPLOAD, lose_the_first_answer)
    await visitor.send(astronaut_jpeg)

    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert (await visitor.ask_gallery("/api/originals"))["count"] == 1


async def test_a_photo_waits_until_the_network_is_back(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit(PHONE)
    await visitor.context.set_offline(True)

    await visitor.choose(astronaut_jpeg)
    await expect(visitor.progress).to_contain_text("There is no network.")
    await expect(visitor.page.get_by_role("img", name="Your photo")).to_be_visible()
    await visitor.context.set_offline(False)

    await visitor.see_drawings(1)
    assert (await visitor.ask_gallery("/api/originals"))["count"] == 1


async def test_a_reload_in_the_middle_loses_nothing(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit(PHONE)
    keys: list[str] = []
    is_sent = asyncio.Event()

    async def keep_the_first_waiting(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        is_sent.set()
        if len(keys) > 1:
            await route.continue_()

    await visitor.page.route(UPLOAD, keep_the_first_waiting)
    await visitor.choose(astronaut_jpeg)
    await is_sent.wait()
    await visitor.page.reload()

    await visitor.see_drawings(1)
    assert len(set(keys)) == 1
    assert (await visitor.ask_gallery("/api/originals"))["count"] == 1


async def test_a_job_is_followed_again_after_a_reload(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    uploads: list[str] = []
    is_followed = asyncio.Event()

    async def follow_at_the_second_time(route: Route) -> None:
        if is_followed.is_set():
            await route.continue_()
        is_followed.set()

    def note(asked: Request) -> None:
        if asked.url.endswith("/upload"):
            uploads.append(asked.url)

    visitor.page.on("request", note)
    await visitor.page.route("**/api/jobs/*/events", follow_at_the_second_time)
    await visitor.choose(astronaut_jpeg)
    await is_followed.wait()
    await visitor.page.reload()

    await visitor.see_drawings(1)
    assert len(uploads) == 1


async def test_a_reload_finds_the_drawings_again_and_each_can_be_deleted(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    visitor = await visit()
    await visitor.send(astronaut_jpeg)
    await visitor.draw_again()

    await visitor.page.reload()

    await visitor.see_drawings(2)
    await expect(visitor.page.get_by_role("img", name="2 of 2")).to_be_visible()
    await expect(visitor.drawings.first.locator("img")).to_have_js_property("naturalWidth", 160)

    other_tab = await visitor.open_tab(f"#{visitor.page.url.partition('#')[2]}")
    await other_tab.see_drawings(2)
    await visitor.delete_drawing()
    await visitor.see_drawings(1)
    await other_tab.see_drawings(1)
    await visitor.delete_drawing()
    await expect(visitor.button("Draw it")).to_be_visible()
    await expect(visitor.heading("Your photo")).to_be_focused()
    [original] = (await visitor.ask_gallery("/api/originals"))["originals"]
    assert (await visitor.ask_gallery(f"/api/originals/{original['id']}/cartoons"))["cartoons"] == []


async def test_a_face_is_kept_through_a_reload(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    await visitor.send(astronaut_jpeg)
    is_done = asyncio.Event()

    async def lose_the_first_answer(route: Route) -> None:
        if is_done.is_set():
            await route.continue_()
            return
        await route.fetch()
        is_done.set()  # and no answer ever reaches this page

    await visitor.page.route("**/api/download/*", lose_the_first_answer)
    await visitor.button("Keep this face").click()
    await visitor.button("Cut it out").click()
    await is_done.wait()
    await visitor.page.reload()

    await expect(visitor.heading("Kept")).to_be_visible()
    assert len((await visitor.ask_gallery("/api/downloaded-faces"))["downloadedFaces"]) == 1


async def test_a_busy_gallery_is_asked_again_by_itself(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    answers = iter(range(2))

    async def be_busy_once(route: Route) -> None:
        if next(answers) == 0:
            await route.fulfill(
                status=503,
                headers={"Retry-After": "1"},
                json={"success": False, "error": "The studio is busy.", "code": "studio_busy"},
            )
        else:
            await route.continue_()

    await visitor.page.route(UPLOAD, be_busy_once)
    await visitor.choose(astronaut_jpeg)

    await expect(visitor.progress).to_contain_text("The studio is busy. It is tried again by itself")
    await visitor.see_drawings(1)


async def test_a_tab_that_is_closed_leaves_its_work_to_another_and_all_are_one_device(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    closed = await visit()

    async def never_answer(route: Route) -> None:
        pass

    await closed.page.route(UPLOAD, never_answer)
    await closed.choose(astronaut_jpeg)
    await expect(closed.page.get_by_role("progressbar")).to_be_visible()

    first = await closed.open_tab()
    second = await closed.open_tab()
    await second.go_to("Faces")
    await expect(first.button("Choose a photo")).to_be_visible()
    await closed.page.close()
    await first.see_drawings(1)
    await first.keep()

    await expect(second.tiles).to_have_count(1)
    assert (await second.ask_gallery("/api/originals"))["count"] == 1
    assert first.page_errors == second.page_errors == []

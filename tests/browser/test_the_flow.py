"""From a photo to a kept face, on a phone and on a desktop."""

import pytest
from PIL import Image
from playwright.async_api import Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.heif_files import build_heic
from tests.pictures import read_format

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_photo_becomes_a_cartoon_and_its_face_is_kept(
    visit: Open, astronaut_jpeg: bytes, size: tuple[int, int]
) -> None:
    visitor = await visit(size)
    await expect(visitor.heading("A photo in, a cartoon out")).to_be_visible()

    if size == PHONE:  # whose camera opens at once, the side that looks at its owner
        chooser = await visitor.choose(astronaut_jpeg, button="Take a photo")
        assert await chooser.element.get_attribute("capture") == "user"
    else:
        await visitor.choose(astronaut_jpeg)
    await visitor.see_drawings(1)
    await visitor.draw_again()
    await expect(visitor.drawings.nth(1)).to_have_attribute("aria-pressed", "true")
    second = await visitor.page.get_by_role("img", name="Your photo, drawn").get_attribute("src")
    await visitor.drawings.first.click()
    first = await visitor.page.get_by_role("img", name="Your photo, drawn").get_attribute("src")
    assert first != second

    await visitor.keep(file="PNG", shape="Face")
    async with visitor.page.expect_download() as download:
        await visitor.page.get_by_role("link", name="Save the picture").click()
    saved = await download.value
    assert saved.suggested_filename.endswith(".png")
    assert read_format((await saved.path()).read_bytes()) == "PNG"

    await visitor.go_to("Faces")
    await expect(visitor.tiles).to_have_count(1)
    await visitor.go_to("Photos")
    # A grid is made of small versions; the photo itself is 512 pixels wide.
    await expect(visitor.tiles.get_by_role("img")).to_have_js_property("naturalWidth", 320)
    await visitor.tiles.get_by_role("link").click()
    await expect(visitor.heading("Your photo")).to_be_visible()
    await visitor.button("Draw it").click()
    await visitor.see_drawings(1)


async def test_the_photo_is_shown_before_anything_is_answered(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()

    async def never_answer(route: Route) -> None:
        pass

    await visitor.page.route("**/api/upload", never_answer)

    await visitor.choose(astronaut_jpeg)

    photo = visitor.page.get_by_role("img", name="Your photo")
    await expect(photo).to_be_visible()
    await expect(photo).to_have_js_property("naturalWidth", 512)
    await expect(visitor.page.get_by_role("progressbar")).to_be_visible()
    await visitor.button("Cancel").click()
    await expect(visitor.button("Choose a photo")).to_be_visible()


async def test_the_studios_stages_are_said_as_they_come_and_its_preview_stands_for_an_unreadable_photo(
    visit: Open,
) -> None:
    visitor = await visit()
    photo = visitor.page.get_by_role("img", name="Your photo", exact=True)
    await visitor.page.evaluate(
        """() => {
            const find = (id) => document.getElementById(id);
            const preview = find("sketching");
            globalThis.seen = { lines: [], shares: [], previewWidths: [] };
            const note = (list, value) => value !== list.at(-1) && list.push(value);
            new MutationObserver(() => {
                note(seen.lines, find("work-line").textContent);
                note(seen.shares, find("work-bar").value);
            }).observe(find("work"), { attributes: true, childList: true, subtree: true });
            preview.onload = () => preview.hidden || seen.previewWidths.push(preview.naturalWidth);
        }"""
    )

    await visitor.choose(build_heic(), name="IMG_0001.heic")  # which Chromium cannot read
    await visitor.see_drawings(1)

    seen = await visitor.page.evaluate("seen")
    stages = [
        "Opening the photo",
        "Looking for faces",
        "Telling skin from hair",
        "Drawing the lines",
        "Finishing",
    ]
    said = [line for line in seen["lines"] if line in stages]
    assert len(said) > 1  # a busy machine may be too late for some
    assert said == sorted(said, key=stages.index)
    assert seen["shares"] == sorted(seen["shares"])
    assert seen["previewWidths"] == [210]  # and 240 high
    await expect(photo).to_have_js_property("naturalWidth", 448)
    await expect(visitor.page.get_by_text("This browser cannot show such a file.")).to_be_hidden()


async def test_a_drawing_that_is_called_off_is_called_off_at_the_gallery(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    visitor = await visit()

    async def never_answer(route: Route) -> None:
        pass

    await visitor.page.route("**/api/jobs/*/events", never_answer)
    async with visitor.page.expect_request("**/api/jobs/*/events") as followed:
        await visitor.choose(astronaut_jpeg)
    job = (await followed.value).url.removesuffix("/events")
    async with visitor.page.expect_response(lambda reply: reply.url == job) as called_off:
        await visitor.button("Cancel").click()

    assert (await called_off.value).request.method == "DELETE"
    assert (await called_off.value).status == 200
    await expect(visitor.button("Choose a photo")).to_be_visible()
    await expect(visitor.heading("A photo in, a cartoon out")).to_be_focused()


async def test_a_photo_can_be_dropped_and_pasted(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    for event, field in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        await visitor.page.evaluate(
            """([name, field, bytes]) => {
                const carried = new DataTransfer();
                carried.items.add(new File([new Uint8Array(bytes)], "me.jpg", { type: "image/jpeg" }));
                const make = name === "drop" ? DragEvent : ClipboardEvent;
                dispatchEvent(new make(name, { [field]: carried, cancelable: true }));
            }""",
            [event, field, list(astronaut_jpeg)],
        )
        await visitor.see_drawings(1)
        await visitor.page.get_by_role("link", name="Start with another photo").click()
    assert (await visitor.ask_gallery("/api/originals"))["count"] == 2


async def test_a_chosen_style_is_the_one_that_is_drawn(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit()
    await visitor.page.get_by_role("radio", name="Sketch").check(force=True)
    await visitor.send(astronaut_jpeg)
    await expect(visitor.page.get_by_role("img", name="Your photo, drawn: Sketch")).to_be_visible()

    await visitor.page.get_by_role("radio", name="Flat").check(force=True)
    await visitor.draw_again()

    await expect(visitor.page.get_by_role("img", name="Your photo, drawn: Flat, 2 of 2")).to_be_visible()


async def test_the_line_between_photo_and_drawing_moves_at_once_for_who_wants_no_motion(
    visit: Open, astronaut_jpeg: bytes
) -> None:
    visitor = await visit()
    await visitor.send(astronaut_jpeg)
    slider = visitor.page.get_by_role("slider")
    await expect(slider).to_have_value("50")

    await slider.focus()
    await visitor.page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuetext", "51 % photo, 49 % drawing")

    await visitor.button("Drawing").click()
    await expect(visitor.page.locator("#drawing")).to_have_css("clip-path", "inset(0px 0px 0px 0%)")

    push = "(button) => (button.click(), document.getAnimations().length)"
    assert await visitor.button("Photo").evaluate(push) > 0
    await visitor.page.emulate_media(reduced_motion="reduce")
    assert await visitor.button("Drawing").evaluate(push) == 0
    await expect(slider).to_have_value("0")


async def test_all_that_can_be_chosen_of_a_face_reaches_it(visit: Open, two_people_jpeg: bytes) -> None:
    visitor = await visit()
    await visitor.send(two_people_jpeg)
    await visitor.button("Keep this face").click()
    for name in ("Right", "Square", "WebP"):
        await visitor.page.get_by_role("radio", name=name).check(force=True)
    for name in ("White outline", "Turn a tilted head upright"):
        await visitor.page.get_by_role("checkbox", name=name).check()
    await visitor.page.get_by_role("combobox", name="Longer side").select_option("256 pixels")

    async with visitor.page.expect_request("**/api/download/*") as asked:
        await visitor.button("Cut it out").click()
    await expect(visitor.heading("Kept")).to_be_visible()
    async with visitor.page.expect_download() as download:
        await visitor.page.get_by_role("link", name="Save the picture").click()

    choices = {"shape": "square", "format": "webp", "face": 1, "sticker": True, "level": True, "size": 256}
    assert (await asked.value).post_data_json == choices
    with Image.open(await (await download.value).path()) as face:
        assert (face.format, face.size) == ("WEBP", (256, 256))

"""The page for everybody: axe finds nothing, the keyboard goes all the way, small and large screens fit."""

from importlib.resources import files
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.visitor import make_file

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def find_violations(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe finds, and where."""
    if not await page.evaluate("'axe' in globalThis"):
        await page.evaluate(AXE)
    report = await page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", RULES
    )
    return [(entry["id"], [node["target"] for node in entry["nodes"]]) for entry in report["violations"]]


@pytest.mark.parametrize(
    ("size", "dark"), [(PHONE, False), (DESKTOP, True)], ids=["light phone", "dark desktop"]
)
async def test_axe_finds_nothing(
    visit: Open, two_people_jpeg: bytes, size: tuple[int, int], dark: bool
) -> None:
    visitor = await visit(size, dark=dark, bypass_csp=True)
    page = visitor.page
    await expect(page.get_by_role("radio", name="Comic")).to_be_visible()
    found = {"the empty booth": await find_violations(page)}
    await visitor.choose(b"hello", name="hello.txt")
    await expect(visitor.notice).to_be_visible()
    found["an error"] = await find_violations(page)
    await visitor.context.set_offline(True)
    await visitor.choose(two_people_jpeg, button="Choose another photo")
    await expect(visitor.heading("Waiting")).to_be_visible()
    found["waiting"] = await find_violations(page)
    await visitor.context.set_offline(False)
    await visitor.see_drawings(1)
    await visitor.draw_again()
    found["a drawing"] = await find_violations(page)
    await visitor.button("Delete this drawing").click()
    found["deleting"] = await find_violations(page)
    await visitor.button("Leave it").click()
    await visitor.button("Keep this face").click()
    found["keeping"] = await find_violations(page)
    await visitor.button("Cut it out").click()
    await expect(page.get_by_role("img", name="The face")).to_be_visible()
    found["a face"] = await find_violations(page)
    for place in ("Photos", "Faces", "Device"):
        await visitor.go_to(place)
        found[place] = await find_violations(page)

    assert {state: violations for state, violations in found.items() if violations} == {}


async def test_the_whole_flow_goes_by_keyboard(visit: Open, two_people_jpeg: bytes) -> None:
    visitor = await visit()
    page, keyboard = visitor.page, visitor.page.keyboard

    async def tab_to(role: Any, name: str) -> None:
        target = page.get_by_role(role, name=name, exact=True)
        for _ in range(30):
            if await target.evaluate("(element) => element === document.activeElement"):
                return
            await keyboard.press("Tab")
        raise AssertionError(f"no way to {name}")

    await keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await tab_to("button", "Choose a photo")
    async with page.expect_file_chooser() as chooser:
        await keyboard.press("Enter")
    await (await chooser.value).set_files([make_file(two_people_jpeg)])
    await expect(visitor.heading("Your cartoon")).to_be_focused()

    await tab_to("button", "Another one")
    await keyboard.press("Enter")
    await visitor.see_drawings(2)
    await expect(visitor.button("Another one")).to_be_focused()
    await tab_to("button", "Keep this face")
    await keyboard.press("Enter")
    await tab_to("radio", "Left")
    await keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="Right")).to_be_checked()
    await tab_to("button", "Cut it out")
    await keyboard.press("Enter")

    await expect(visitor.heading("Kept")).to_be_focused()
    await tab_to("link", "Save the picture")


async def test_nothing_is_wider_than_the_screen(visit: Open, two_people_jpeg: bytes) -> None:
    visitor = await visit((320, 640))
    await visitor.send(two_people_jpeg)
    for place in (None, "Photos", "Faces", "Device"):
        if place:
            await visitor.go_to(place)
        for width, height in ((320, 640), (844, 390), (3840, 2160)):
            await visitor.page.set_viewport_size({"width": width, "height": height})
            widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            scrolled, shown = await visitor.page.evaluate(widths)
            assert scrolled <= shown, (place, width)


async def test_nothing_jumps(visit: Open, astronaut_jpeg: bytes) -> None:
    visitor = await visit(PHONE)
    await visitor.page.evaluate(
        """() => {
            globalThis.jumps = [];
            new PerformanceObserver((list) => {
                const unasked = list.getEntries().filter((shift) => !shift.hadRecentInput);
                jumps.push(...unasked.map((shift) => shift.value));
            }).observe({ type: "layout-shift", buffered: true });
        }"""
    )
    await visitor.send(astronaut_jpeg)
    await visitor.draw_again()

    assert sum(await visitor.page.evaluate("jumps")) < 0.1

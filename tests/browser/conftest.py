"""Debian's Chromium, the two services, and windows of a phone's and a desktop's size."""

import io
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Final

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from tests.acceptance.running import RunningToonbooth, running_toonbooth
from tests.browser.visitor import Visitor
from toonbooth.imaging.pixels import ByteImage

DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)

_FLAGS: Final = (
    "--no-sandbox",  # tests run as root too
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE_MS: Final = 120_000
"""How long something may take on a machine that does other things as well."""

expect.set_options(timeout=PATIENCE_MS)

Open = Callable[..., Awaitable[Visitor]]


_CHROMIUM: Final = shutil.which("chromium")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Skip without Chromium: before any fixture, and from one place, so that pytest says it in one line."""
    if _CHROMIUM is None:
        pytest.skip("Chromium isn't installed, so nobody has tried the page in a browser: make browser")


@pytest.fixture(scope="session")
def toonbooth(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningToonbooth]:
    with running_toonbooth(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, toonbooth: RunningToonbooth) -> AsyncGenerator[Open]:
    """Opens the page in a browser of its own, which knows no device yet. An error in the page fails the test,
    and so does a request to another host.
    """
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    async def visit(
        size: tuple[int, int] = DESKTOP, *, place: str = "", dark: bool = False, bypass_csp: bool = False
    ) -> Visitor:
        is_phone = size[0] < 600
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            is_mobile=is_phone,
            has_touch=is_phone,
            color_scheme="dark" if dark else "light",
            bypass_csp=bypass_csp,
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        visitor = await Visitor.arrive(context, f"{toonbooth.gallery_url}/{place}")
        visitors.append(visitor)
        return visitor

    yield visit
    for context in contexts:
        await context.close()
    for visitor in visitors:
        assert visitor.page_errors == []
        assert visitor.foreign_requests == []


@pytest.fixture(scope="session")
def two_people_jpeg(astronaut: ByteImage) -> bytes:
    """The astronaut and her mirror image, side by side."""
    return encode_jpeg(np.concatenate([astronaut, astronaut[:, ::-1]], axis=1))


def encode_jpeg(pixels: ByteImage) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return file.getvalue()

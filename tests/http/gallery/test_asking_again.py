"""The gallery asks the studio again where that is safe, once, and says for whom without saying who."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.http.gallery.fake_studio import FakeStudio
from tests.http.gallery.running import read_data, read_failure, running_gallery

Answer = Callable[[httpx.Request], httpx.Response]


def lose_the_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("hung up", request=request)


def break_the_pipe(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset", request=request)


def be_busy(seconds: int) -> Answer:
    return lambda _request: httpx.Response(503, headers={"Retry-After": str(seconds)})


def fail(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(500)


class Unreliable(httpx.AsyncBaseTransport):
    """In front of a studio: gives the first drawings of the list another answer."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self._client = httpx.AsyncClient()
        self._studio = httpx.ASGITransport(FakeStudio(self._client).app)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.asked.append(request)
            if self._answers:
                assert isinstance(request.stream, httpx.AsyncByteStream)
                async for _ in request.stream:
                    pass
                return self._answers.pop(0)(request)
        return await self._studio.handle_async_request(request)

    async def aclose(self) -> None:
        await self._client.aclose()


@pytest.mark.parametrize("failure", [lose_the_connection, break_the_pipe, be_busy(1)])
async def test_a_lost_connection_and_a_moment_of_patience_are_not_the_clients_business(
    tmp_path: Path, photo: bytes, failure: Answer
) -> None:
    studio = Unreliable(failure)
    async with running_gallery(tmp_path, studio_transport=studio) as gallery:
        await gallery.upload(photo)
        assert gallery.count_rows()["originals"] == 1
    assert len(studio.asked) == 2


async def test_it_is_asked_no_third_time(tmp_path: Path, photo: bytes) -> None:
    studio = Unreliable(lose_the_connection, lose_the_connection)
    async with running_gallery(tmp_path, studio_transport=studio) as gallery:
        refused = await gallery.post_photo(photo)
    assert read_failure(refused)[:2] == (500, "studio_failed")
    assert len(studio.asked) == 2


async def test_a_longer_wait_is_passed_on(tmp_path: Path, photo: bytes) -> None:
    studio = Unreliable(be_busy(17))
    async with running_gallery(tmp_path, studio_transport=studio) as gallery:
        refused = await gallery.post_photo(photo)
    assert read_failure(refused)[:2] == (503, "studio_busy")
    assert refused.headers["retry-after"] == "17"
    assert len(studio.asked) == 1


async def test_a_wait_that_is_longer_than_there_is_time_for_is_passed_on_too(
    tmp_path: Path, photo: bytes
) -> None:
    studio = Unreliable(be_busy(3))
    async with running_gallery(tmp_path, studio_transport=studio, studio_timeout_seconds=0.3) as gallery:
        refused = await gallery.post_photo(photo)
    assert read_failure(refused)[:2] == (503, "studio_busy")
    assert refused.headers["retry-after"] == "3"


async def test_whoever_failed_at_a_picture_is_not_asked_for_the_same_again(
    tmp_path: Path, photo: bytes
) -> None:
    studio = Unreliable(fail)
    async with running_gallery(tmp_path, studio_transport=studio) as gallery:
        refused = await gallery.post_photo(photo)
    assert read_failure(refused)[:2] == (500, "studio_failed")
    assert len(studio.asked) == 1


async def test_the_studio_learns_whose_turn_it_is_and_nothing_else(tmp_path: Path, photo: bytes) -> None:
    studio = Unreliable()
    async with running_gallery(tmp_path, studio_transport=studio) as gallery:
        await gallery.upload(photo)
        await gallery.upload(photo)
        read_data(await gallery.post_photo(photo, headers=gallery.for_device()))
        device = gallery.device
    first, second, other = (request.headers["x-toonbooth-caller"] for request in studio.asked)
    assert first == second != other
    for request in studio.asked:
        assert device not in str(request.headers)
        assert device.replace("-", "")[:8] not in request.headers["x-toonbooth-caller"]

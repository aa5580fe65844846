"""The line in front of workers: bounded, with turns for everybody, and honest about its length."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from toonbooth.kit.line import Line, Place, PoolBusyError


def make_line(*, servers: int = 1, max_waiting: int = 4, max_wait_seconds: float = 100.0) -> Line:
    return Line(servers=servers, max_waiting=max_waiting, max_wait_seconds=max_wait_seconds)


class Crowd:
    """Starts requests and notes in which order they are served."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.served: list[str] = []
        self.requests: dict[str, asyncio.Task[None]] = {}

    async def arrive(self, *names: str) -> None:
        for name in names:
            self.requests[name] = asyncio.create_task(self._ask(name))
            await settle()

    async def serve_everybody(self) -> None:
        """One after the other, as the only worker does."""
        for _ in self.requests:
            self.line.release()
            await settle()

    def refused(self) -> set[str]:
        return {
            name
            for name, request in self.requests.items()
            if request.done() and isinstance(request.exception(), PoolBusyError)
        }

    async def _ask(self, name: str) -> None:
        async with self.line.place(name[0]) as place:
            await place.turn()
            self.served.append(name)


@asynccontextmanager
async def one_at_work(line: Line) -> AsyncIterator[None]:
    async with line.place("worker") as place:
        await place.turn()
        yield


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def test_callers_take_turns_however_much_each_of_them_wants() -> None:
    line = make_line(max_waiting=10)
    async with one_at_work(line):
        crowd = Crowd(line)
        await crowd.arrive("a1", "a2", "a3", "a4", "b1", "c1", "b2")
        await crowd.serve_everybody()
    assert crowd.served == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


async def test_a_full_line_makes_room_for_a_newcomer_at_the_expense_of_the_greediest() -> None:
    line = make_line(max_waiting=4)
    async with one_at_work(line):
        crowd = Crowd(line)
        await crowd.arrive("a1", "a2", "a3", "a4", "b1", "c1")
        assert crowd.refused() == {"a4", "a3"}
        await crowd.arrive("a5")
        assert crowd.refused() == {"a3", "a4", "a5"}
        await crowd.serve_everybody()
    assert crowd.served == ["a1", "b1", "c1", "a2"]


async def test_a_full_line_of_people_who_want_no_more_than_the_newcomer_stays_as_it_is() -> None:
    line = make_line(max_waiting=2)
    async with one_at_work(line):
        crowd = Crowd(line)
        await crowd.arrive("a1", "b1", "c1")
        assert crowd.refused() == {"c1"}
        await crowd.serve_everybody()
    assert crowd.served == ["a1", "b1"]


async def test_somebody_whose_photo_still_arrives_is_inside_and_can_be_sent_away() -> None:
    line = make_line(max_waiting=2)
    sent_away: list[str] = []

    async def receive_for_ever(name: str) -> None:
        try:
            async with line.place("a"):
                await asyncio.sleep(3600)
        except PoolBusyError:
            sent_away.append(name)

    async with one_at_work(line):
        slow = [asyncio.create_task(receive_for_ever(name)) for name in ("first", "second")]
        await settle()
        crowd = Crowd(line)
        await crowd.arrive("b1")
        assert sent_away == ["second"]
        await crowd.serve_everybody()
        assert crowd.served == ["b1"]
        slow[0].cancel()
        await asyncio.wait(slow)


async def test_who_would_wait_too_long_is_refused_at_once() -> None:
    line = make_line(max_waiting=100, max_wait_seconds=10.0)
    for _ in range(50):
        line.note_duration(4.0)
    async with one_at_work(line):
        crowd = Crowd(line)
        await crowd.arrive("a1", "b1", "c1")
        assert crowd.refused() == {"c1"}
        refusal = crowd.requests["c1"].exception()
        assert isinstance(refusal, PoolBusyError)
        assert refusal.retry_after_seconds == 12  # three of four seconds each
        await crowd.serve_everybody()


async def test_who_has_waited_too_long_all_the_same_is_refused_then() -> None:
    line = make_line(max_wait_seconds=1.0)
    for _ in range(60):
        line.note_duration(0.0)
    line._max_wait_seconds = 0.05
    async with one_at_work(line):
        with pytest.raises(PoolBusyError):
            async with line.place("a") as place:
                await place.turn()
    line.release()
    async with line.place("b") as place:
        await place.turn()


async def test_the_measured_durations_make_the_time_to_wait() -> None:
    line = make_line(servers=2, max_waiting=10)
    assert line.retry_after_seconds == 1
    for _ in range(60):
        line.note_duration(6.0)
    assert line.retry_after_seconds == 3
    for _ in range(60):
        line.note_duration(0.1)
    assert line.retry_after_seconds == 1


async def test_who_leaves_makes_room_and_is_never_served() -> None:
    line = make_line(max_waiting=1)
    async with one_at_work(line):
        crowd = Crowd(line)
        await crowd.arrive("a1")
        crowd.requests["a1"].cancel()
        await settle()
        await crowd.arrive("b1")
        await crowd.serve_everybody()
    assert crowd.served == ["b1"]


async def test_who_leaves_in_the_moment_of_being_served_gives_the_worker_back() -> None:
    line = make_line()
    async with one_at_work(line):
        crowd = Crowd(line)
        await crowd.arrive("a1", "b1")
        line.release()
        crowd.requests["a1"].cancel()
        await settle()
    assert crowd.served == ["b1"]


async def test_a_served_place_is_never_sent_away() -> None:
    line = make_line(servers=1, max_waiting=1)
    places: list[Place] = []
    async with line.place("a") as place:
        await place.turn()
        places.append(place)
        crowd = Crowd(line)
        await crowd.arrive("a1", "b1", "c1")
        await asyncio.sleep(0)
    assert crowd.refused() == {"b1", "c1"}
    line.release()
    await settle()
    assert crowd.served == ["a1"]

"""A step that must not stop half-way runs to its end, and the cancellation still arrives afterwards."""

import asyncio

import anyio
import pytest

from toonbooth.gallery.uninterrupted import finish


class Step:
    """Work that ends when it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.started = asyncio.Event()
        self.may_end = asyncio.Event()
        self._failure = failure

    async def run(self) -> str:
        self.started.set()
        await self.may_end.wait()
        if self._failure is not None:
            raise self._failure
        return "done"


async def let_others_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_result_comes_back() -> None:
    step = Step()
    step.may_end.set()

    assert await finish(step.run()) == "done"


async def test_a_failure_comes_back() -> None:
    step = Step(LookupError("lost"))
    step.may_end.set()

    with pytest.raises(LookupError, match="lost"):
        await finish(step.run())


async def test_a_cancellation_arrives_after_the_result() -> None:
    step = Step()
    seen: list[str] = []

    async def caller() -> None:
        seen.append(await finish(step.run()))
        await asyncio.sleep(0)
        seen.append("went on")

    task = asyncio.create_task(caller())
    await step.started.wait()
    for _ in range(3):  # somebody is impatient
        task.cancel()
        await let_others_run()
    assert not task.done()
    step.may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["done"]


async def test_a_time_limit_around_it_is_still_a_time_limit() -> None:
    step = Step()
    seen: list[str] = []

    async def caller() -> None:
        async with asyncio.timeout(0):
            seen.append(await finish(step.run()))
            await asyncio.sleep(0)
            seen.append("went on")

    task = asyncio.create_task(caller())
    await let_others_run()
    assert not task.done()
    step.may_end.set()

    with pytest.raises(TimeoutError):
        await task
    assert seen == ["done"]


async def test_a_cancelled_scope_of_the_web_framework_waits_as_well() -> None:
    step = Step()
    seen: list[str] = []
    scope = anyio.CancelScope()

    async def caller() -> None:
        with scope:
            seen.append(await finish(step.run()))
            await asyncio.sleep(0)
            seen.append("went on inside")
        await asyncio.sleep(0)
        seen.append("went on outside")

    task = asyncio.create_task(caller())
    await step.started.wait()
    scope.cancel()
    await let_others_run()
    assert not task.done()
    step.may_end.set()

    await task
    assert scope.cancelled_caught
    assert seen == ["done", "went on outside"]


async def test_a_failure_is_told_although_the_task_was_cancelled() -> None:
    step = Step(LookupError("lost"))
    seen: list[str] = []

    async def caller() -> None:
        try:
            await finish(step.run())
        except LookupError:
            seen.append("told")
        await asyncio.sleep(0)
        seen.append("went on")

    task = asyncio.create_task(caller())
    await step.started.wait()
    task.cancel()
    await asyncio.sleep(0)
    step.may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["told"]

"""Lets a step that must not stop half-way come to its end although its task is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")


async def finish(step: Coroutine[object, object, Result]) -> Result:
    """Await `step` to its end, whatever happens.

    A cancellation meanwhile is kept back, and delivered at the caller's next await: so whoever gets the
    result can first take note of it. A commit whose caller was told "cancelled" would leave rows that
    nobody answers for.
    """
    task = asyncio.ensure_future(step)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancellation = error
            _current_task().uncancel()
    if cancellation is not None:
        # The message says whose cancellation it is; frameworks recognise their own by it.
        _current_task().cancel(*cancellation.args)
    return task.result()


def _current_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task

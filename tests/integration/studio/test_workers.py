"""The pool over real processes: work fails, hangs, dies, waits, or nobody wants it any more."""

import asyncio
import os
import platform
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.integration.studio import tasks_for_workers as tasks
from toonbooth.kit.errors import InvalidRequestError
from toonbooth.kit.line import ANYBODY
from toonbooth.kit.worker_messages import (
    UnsendableFailureError,
    WorkerDiedError,
    WorkStarvedError,
    WorkTimeoutError,
)
from toonbooth.kit.workers import PoolBusyError, WorkerPool


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(workers=1, max_waiting=1) as pool:
        yield pool


async def test_a_result_comes_back(pool: WorkerPool) -> None:
    assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


async def test_work_runs_in_another_process_that_stays(pool: WorkerPool) -> None:
    first = await pool.run(tasks.get_process_id, timeout_seconds=10)
    second = await pool.run(tasks.get_process_id, timeout_seconds=10)
    assert first == second != os.getpid()


async def test_workers_stand_back_for_the_service(pool: WorkerPool) -> None:
    assert await pool.run(tasks.get_niceness, timeout_seconds=10) == min(19, os.nice(0) + 10)


async def test_megabytes_travel_both_ways(pool: WorkerPool) -> None:
    data = await pool.run(tasks.make_bytes, 12_000_000, timeout_seconds=10)
    assert await pool.run(tasks.count_bytes, data, timeout_seconds=10) == 12_000_000


async def test_a_failure_travels_with_its_class_and_sentence(pool: WorkerPool) -> None:
    with pytest.raises(InvalidRequestError, match="That will not do") as failure:
        await pool.run(tasks.refuse, timeout_seconds=10)
    assert "in refuse" in failure.value.__notes__[0]


async def test_a_failure_that_cannot_travel_is_named(pool: WorkerPool) -> None:
    with pytest.raises(UnsendableFailureError, match="InternalError: Something went wrong"):
        await pool.run(tasks.refuse_with_an_error_that_cannot_be_rebuilt, timeout_seconds=10)


async def test_a_result_that_cannot_travel_is_a_failure_and_the_worker_lives_on(pool: WorkerPool) -> None:
    before = await pool.run(tasks.get_process_id, timeout_seconds=10)
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        await pool.run(tasks.return_something_unpicklable, timeout_seconds=10)
    assert await pool.run(tasks.get_process_id, timeout_seconds=10) == before


async def test_a_bug_keeps_its_traceback(pool: WorkerPool) -> None:
    with pytest.raises(ZeroDivisionError) as failure:
        await pool.run(tasks.divide_by_zero, timeout_seconds=10)
    assert "return 1 / 0" in failure.value.__notes__[0]


async def test_a_worker_that_dies_costs_one_caller(pool: WorkerPool) -> None:
    with pytest.raises(WorkerDiedError):
        await pool.run(tasks.die, timeout_seconds=10)
    assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


async def test_a_worker_that_died_idle_costs_nobody(pool: WorkerPool) -> None:
    worker = psutil.Process(await pool.run(tasks.get_process_id, timeout_seconds=10))
    worker.kill()
    await asyncio.to_thread(_wait_until_gone, worker)
    assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


@pytest.mark.parametrize("task", [tasks.hang, tasks.spin])
async def test_a_worker_that_hangs_is_killed_and_replaced(pool: WorkerPool, task: Callable[[], None]) -> None:
    before = psutil.Process(await pool.run(tasks.get_process_id, timeout_seconds=10))
    with pytest.raises(WorkTimeoutError):
        await pool.run(task, timeout_seconds=0.1)
    assert await pool.run(tasks.get_process_id, timeout_seconds=10) != before.pid
    _wait_until_gone(before)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't say who wants to run")
async def test_work_that_does_not_get_to_run_is_nobodys_fault() -> None:
    """At work, or before it has begun."""
    async with WorkerPool(workers=2, max_waiting=1, patience_seconds=0.3) as pool:
        stopped = await pool.run(tasks.get_process_id, timeout_seconds=10)
        os.kill(stopped, signal.SIGSTOP)
        starved = [asyncio.create_task(pool.run(tasks.stop_myself, timeout_seconds=0.1)) for _ in range(2)]
        for each in starved:
            with pytest.raises(WorkStarvedError) as busy:
                await each
            assert (busy.value.status, busy.value.code) == (503, "busy")
            assert busy.value.retry_after_seconds is not None
            assert busy.value.retry_after_seconds >= 1
        assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


async def test_signals_to_the_group_do_not_reach_workers(pool: WorkerPool) -> None:
    assert await pool.run(tasks.terminate_my_group_politely, timeout_seconds=10) == "still here"


async def test_one_too_many_is_sent_away_and_told_when_to_come_back(pool: WorkerPool, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    callers = [asyncio.create_task(pool.run(tasks.wait_for_file, gate, timeout_seconds=10)) for _ in range(2)]
    await _let_callers_begin()
    with pytest.raises(PoolBusyError) as refusal:
        await pool.run(tasks.add, 2, 3, timeout_seconds=10)
    assert refusal.value.status == 503
    assert refusal.value.retry_after_seconds is not None
    assert 1 <= refusal.value.retry_after_seconds <= 5
    gate.touch()
    await asyncio.gather(*callers)
    assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


async def test_a_caller_that_leaves_the_queue_makes_room_and_its_work_is_never_done(
    pool: WorkerPool, tmp_path: Path
) -> None:
    gate, lines = tmp_path / "gate", tmp_path / "lines"
    at_work = asyncio.create_task(pool.run(tasks.wait_for_file, gate, timeout_seconds=10))
    await _let_callers_begin()
    waiting = asyncio.create_task(pool.run(tasks.append_line, lines, timeout_seconds=10))
    await _let_callers_begin()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    next_in_line = asyncio.create_task(pool.run(tasks.add, 2, 3, timeout_seconds=10))
    gate.touch()
    await at_work
    assert await next_in_line == 5
    assert not lines.exists()


async def test_a_caller_that_leaves_work_begun_gives_the_worker_back(
    pool: WorkerPool, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    worker = await pool.run(tasks.get_process_id, timeout_seconds=10)
    at_work = asyncio.create_task(pool.run(tasks.wait_for_file, gate, timeout_seconds=10))
    await _let_callers_begin()
    at_work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await at_work
    gate.touch()
    assert await pool.run(tasks.get_process_id, timeout_seconds=10) == worker


async def test_work_tells_how_far_it_is_before_its_result(pool: WorkerPool) -> None:
    heard: list[object] = []
    assert await pool.run(tasks.count_to, 3, timeout_seconds=10, on_news=heard.append) is True
    assert heard == [0, 1, 2]
    assert await pool.run(tasks.count_to, 3, timeout_seconds=10) is False


async def test_work_of_a_caller_that_leaves_ends_when_it_next_tells_something(
    pool: WorkerPool, tmp_path: Path
) -> None:
    worker = await pool.run(tasks.get_process_id, timeout_seconds=10)
    has_begun = asyncio.Event()
    at_work = asyncio.create_task(
        pool.run(
            tasks.tell_until_dropped,
            tmp_path / "dropped",
            timeout_seconds=3600,
            on_news=lambda _: has_begun.set(),
        )
    )
    await has_begun.wait()
    at_work.cancel()
    assert await pool.run(tasks.get_process_id, timeout_seconds=10) == worker
    assert (tmp_path / "dropped").exists()


async def test_work_of_a_caller_that_leaves_is_killed_when_it_tells_nothing(pool: WorkerPool) -> None:
    worker = await pool.run(tasks.get_process_id, timeout_seconds=10)
    at_work = asyncio.create_task(pool.run(tasks.hang, timeout_seconds=3600))
    await _let_callers_begin()
    at_work.cancel()
    assert await pool.run(tasks.get_process_id, timeout_seconds=10) != worker


async def test_who_waits_hears_its_place(tmp_path: Path) -> None:
    async with WorkerPool(workers=1, max_waiting=2) as pool:
        gate, places = tmp_path / "gate", tuple[list[int], ...](([], [], []))

        async def call(numbers: list[int]) -> None:
            async with pool.line.place(ANYBODY, on_number=numbers.append) as place:
                await pool.run(tasks.wait_for_file, gate, timeout_seconds=10, place=place)

        callers = [asyncio.create_task(call(numbers)) for numbers in places]
        await _let_callers_begin()
        assert places == ([], [0], [1])
        callers[1].cancel()
        await asyncio.wait({callers[1]})
        assert places == ([], [0], [1, 0])
        gate.touch()
        await asyncio.gather(callers[0], callers[2])


async def test_two_workers_work_at_once(tmp_path: Path) -> None:
    async with WorkerPool(workers=2, max_waiting=0) as pool:
        gate = tmp_path / "gate"
        callers = [asyncio.create_task(pool.run(tasks.wait_for_file, gate, timeout_seconds=10)) for _ in "ab"]
        await _let_callers_begin()
        gate.touch()
        first, second = await asyncio.gather(*callers)
    assert first != second


async def test_a_worker_is_replaced_after_its_share_of_tasks() -> None:
    async with WorkerPool(workers=1, max_waiting=1, max_tasks=2) as pool:
        seen = [await pool.run(tasks.get_process_id, timeout_seconds=10) for _ in range(4)]
    assert seen[0] == seen[1] != seen[2] == seen[3]


async def test_work_tells_how_far_it_came_before_it_died_or_hung(pool: WorkerPool) -> None:
    with pytest.raises(WorkerDiedError) as death:
        await pool.run(tasks.reach_a_stage_and, "die", timeout_seconds=10)
    with pytest.raises(WorkTimeoutError) as hanging:
        await pool.run(tasks.reach_a_stage_and, "hang", timeout_seconds=0.5)
    with pytest.raises(WorkerDiedError) as plain:
        await pool.run(tasks.die, timeout_seconds=10)
    assert (death.value.stage, hanging.value.stage, plain.value.stage) == ("second", "second", None)
    assert await pool.run(tasks.reach_a_stage_and, "return", timeout_seconds=10) == 7


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
async def test_a_worker_that_wants_more_memory_than_it_may_have_fails_and_lives_on() -> None:
    async with WorkerPool(workers=1, max_waiting=1, memory_limit_bytes=512 * 1024**2) as pool:
        with pytest.raises(MemoryError):
            await pool.run(tasks.hold_memory, 1024**3, timeout_seconds=10)
        assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


async def test_a_worker_that_has_grown_too_large_is_replaced_after_its_task() -> None:
    async with WorkerPool(workers=1, max_waiting=1, max_growth_bytes=150_000_000) as pool:
        small = await pool.run(tasks.hold_memory, 1000, timeout_seconds=10)
        large = await pool.run(tasks.hold_memory, 200_000_000, timeout_seconds=10)
        fresh = await pool.run(tasks.get_process_id, timeout_seconds=10)
    assert small == large != fresh


async def test_a_worker_that_is_large_from_its_start_stays() -> None:
    async with WorkerPool(
        workers=1, max_waiting=1, prepare=tasks.become_large, max_growth_bytes=150_000_000
    ) as pool:
        first = await pool.run(tasks.get_process_id, timeout_seconds=10)
        assert await pool.run(tasks.get_process_id, timeout_seconds=10) == first


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such setting")
@pytest.mark.skipif("GLIBC_TUNABLES" in os.environ, reason="the user has chosen otherwise")
async def test_memory_that_a_worker_has_freed_waits_for_its_next_task(pool: WorkerPool) -> None:
    # 60 MB are 15,000 pages.
    assert await pool.run(tasks.count_page_faults_of_a_third_time, timeout_seconds=10) < 1000
    assert "GLIBC_TUNABLES" not in os.environ


async def test_workers_that_need_no_preparation_start_when_they_are_needed() -> None:
    before = _find_workers()
    async with WorkerPool(workers=2, max_waiting=1) as pool:
        assert _find_workers() <= before
        await pool.run(tasks.get_process_id, timeout_seconds=10)
        await pool.run(tasks.get_process_id, timeout_seconds=10)
        assert len(_find_workers() - before) == 1


async def test_a_pool_whose_workers_cannot_prepare_does_not_start() -> None:
    before = _find_workers()
    with pytest.raises(InvalidRequestError, match="The model is missing"):
        async with WorkerPool(workers=2, max_waiting=1, prepare=tasks.fail_to_prepare):
            pass
    assert _find_workers() <= before


async def test_a_pool_that_cannot_replace_its_workers_says_so_until_it_can(tmp_path: Path) -> None:
    equipment = tmp_path / "equipment"
    equipment.touch()
    prepare = partial(tasks.need_file, equipment)
    async with WorkerPool(workers=1, max_waiting=1, prepare=prepare, first_pause_seconds=0.05) as pool:
        assert not pool.is_broken
        equipment.unlink()
        with pytest.raises(WorkerDiedError):
            await pool.run(tasks.die, timeout_seconds=10)
        await _until(lambda: pool.is_broken)
        with pytest.raises(PoolBusyError):
            await pool.run(tasks.add, 2, 3, timeout_seconds=10)
        equipment.touch()
        await _until(lambda: not pool.is_broken)
        assert await pool.run(tasks.add, 2, 3, timeout_seconds=10) == 5


async def test_leaving_ends_workers_that_hang() -> None:
    before = _find_workers()
    async with WorkerPool(workers=1, max_waiting=1) as pool:
        at_work = asyncio.create_task(pool.run(tasks.hang, timeout_seconds=3600))
        await _let_callers_begin()
    with pytest.raises(WorkerDiedError):
        await at_work
    assert _find_workers() <= before


def test_workers_die_with_a_service_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio, os, signal
from pathlib import Path
from tests.integration.studio import tasks_for_workers as tasks
from toonbooth.kit.workers import WorkerPool
async def main():
    async with WorkerPool(workers=1, max_waiting=1) as pool:
        worker = await pool.run(tasks.get_process_id, timeout_seconds=10)
        Path({str(tmp_path / "pid")!r}).write_text(str(worker))
        asyncio.ensure_future(pool.run(tasks.hang, timeout_seconds=3600))
        await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    asyncio.run(main())
"""
    service = subprocess.run(
        [sys.executable, "-c", program], check=False, timeout=30, cwd=Path(__file__).parents[3]
    )
    assert service.returncode == -signal.SIGKILL
    worker = int((tmp_path / "pid").read_text())
    if psutil.pid_exists(worker):
        _wait_until_gone(psutil.Process(worker))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - other processes set no events
            await asyncio.sleep(0.005)


async def _let_callers_begin() -> None:
    """Give callers the turns of the loop that they need to take a worker or a place in the queue."""
    for _ in range(5):
        await asyncio.sleep(0)


def _wait_until_gone(process: psutil.Process) -> None:
    """A killed worker may stay a zombie until its fork server looks: dead enough."""
    for _ in range(1000):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return
            process.wait(timeout=0.01)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
    pytest.fail("the process is still alive")


def _find_workers() -> set[psutil.Process]:
    """The workers of this process, other pools' among them: the children of its fork server."""
    return {
        process
        for child in psutil.Process().children()
        for process in child.children()
        if process.status() != psutil.STATUS_ZOMBIE
    }

"""Readiness by drawing: over real workers, and over workers that cannot draw."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.studio import tasks_for_workers
from toonbooth.kit.workers import WorkerPool
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio import tasks
from toonbooth.studio.errors import BrokenStudioError
from toonbooth.studio.health import Readiness

EQUIPMENT = tasks.Equipment(models_folder=default_models_folder(), threads=1, max_side_pixels=256)
NO_MODELS = tasks.Equipment(models_folder=Path("/nowhere"), threads=1, max_side_pixels=256)


async def test_a_studio_that_has_drawn_nothing_draws_to_find_out_and_many_probes_share_a_drawing() -> None:
    async with WorkerPool(workers=1, max_waiting=0, preload=("toonbooth.studio.preload",)) as pool:
        readiness = Readiness(pool, EQUIPMENT)
        await asyncio.gather(*(readiness.check() for _ in range(5)))
        assert pool.idle_seconds < readiness.proof_seconds


async def test_a_studio_that_cannot_draw_is_not_ready_though_its_workers_live() -> None:
    async with WorkerPool(workers=1, max_waiting=1) as pool:
        with pytest.raises(BrokenStudioError) as failure:
            await Readiness(pool, NO_MODELS).check()
        assert await pool.run(tasks_for_workers.add, 2, 3, timeout_seconds=10) == 5
    assert failure.value.status == 503
    assert failure.value.retry_after_seconds == 10

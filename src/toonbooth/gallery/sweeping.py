"""Sweeps while the gallery runs."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Final

from toonbooth.gallery.metrics import GalleryMetrics
from toonbooth.gallery.operations.sweep import SweepRules, sweep
from toonbooth.gallery.services import Storage
from toonbooth.kit.errors import AppError

log = logging.getLogger(__name__)

_FIRST_AFTER_SECONDS: Final = 60.0
"""A gallery that has just started has other things to do."""


@asynccontextmanager
async def swept_regularly(
    storage: Storage,
    rules: SweepRules,
    *,
    interval_seconds: float,
    read_clock: Callable[[], datetime],
    metrics: GalleryMetrics,
) -> AsyncIterator[None]:
    """Sweep now and then while the block runs; of several galleries on one database one does."""

    async def sweep_for_ever() -> None:
        await asyncio.sleep(min(_FIRST_AFTER_SECONDS, interval_seconds))
        while True:
            began = time.monotonic()
            try:
                swept = await sweep(storage, rules, now=read_clock())
            except AppError:
                metrics.note_failed_sweep()
                log.exception("the sweep broke off; the next one goes on")
            else:
                log.info("swept: %s", swept or "another process does")
                if swept is None:
                    metrics.note_sweep_elsewhere()
                else:
                    metrics.note_sweep(asdict(swept), seconds=time.monotonic() - began)
            await asyncio.sleep(interval_seconds)

    sweeping = asyncio.create_task(sweep_for_ever())
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.wait({sweeping})

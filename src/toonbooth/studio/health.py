"""Finds out whether pictures can be drawn: by drawing one, unless one has just been drawn."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from toonbooth.kit.worker_messages import WorkerDiedError, WorkStarvedError, WorkTimeoutError
from toonbooth.kit.workers import PoolBusyError, WorkerPool
from toonbooth.studio import tasks
from toonbooth.studio.errors import BrokenStudioError

log = logging.getLogger(__name__)

PROOF_SECONDS: Final = 15.0
"""How long a drawing proves that the next one will succeed: probes come every few seconds."""

_DRAWING_SECONDS: Final = 10.0
_RETRY_AFTER_SECONDS: Final = 10


@dataclass(slots=True)
class Readiness:
    """Asked by probes, several at once perhaps; they share a drawing."""

    pool: WorkerPool
    equipment: tasks.Equipment
    proof_seconds: float = PROOF_SECONDS
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def check(self) -> None:
        """Return when pictures can be drawn.

        Raises
        ------
        BrokenStudioError
            When they cannot. A studio whose queue is full can, as the next worker to finish shows.
        """
        self._check_workers()
        async with self._turn:
            if self.pool.idle_seconds <= self.proof_seconds:
                return
            try:
                await self.pool.run(tasks.draw_first_photo, self.equipment, timeout_seconds=_DRAWING_SECONDS)
            except WorkStarvedError as error:
                raise _broken() from error
            except PoolBusyError:
                self._check_workers()
            except Exception as error:
                if not isinstance(error, WorkTimeoutError | WorkerDiedError):
                    log.exception("the drawing of the readiness probe failed")
                raise _broken() from error

    def _check_workers(self) -> None:
        if self.pool.is_broken:
            raise _broken()


def _broken() -> BrokenStudioError:
    return BrokenStudioError(
        "Drawing is not possible at the moment.", retry_after_seconds=_RETRY_AFTER_SECONDS
    )

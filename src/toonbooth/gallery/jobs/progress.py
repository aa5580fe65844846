"""How far a drawing is, as the studio tells it, and what a job makes of it."""

import asyncio
import contextlib
from base64 import b64encode
from dataclasses import replace
from typing import Final

from toonbooth.gallery.database.repositories import JobProgress, JobState
from toonbooth.gallery.studio_progress import StudioNews

_RECEIVED: Final = "received"
_PROGRESS: Final = {
    _RECEIVED: 0.05,
    "decoded": 0.2,
    "faces_found": 0.35,
    "skin_and_hair": 0.55,
    "lines": 0.85,
    "encoded": 0.95,
}
"""Which share of the whole is done with a stage, in its typical time; 1 is when everything is stored."""


class ProgressBoard:
    """The state of one job in the process that does it; only the newest counts, so nothing piles up."""

    def __init__(self) -> None:
        self._progress = JobProgress()
        self._has_changed = asyncio.Event()

    def begin(self) -> None:
        """The work begins."""
        self._show(JobProgress(state=JobState.RUNNING, stage=_RECEIVED, progress=_PROGRESS[_RECEIVED]))

    def hear(self, news: StudioNews) -> None:
        """Take in what the studio says. A stage that comes before the last one is none."""
        now = self._progress
        if news.preview is not None:
            now = replace(now, preview=_make_data_url(news.preview))
        if news.queue_position is not None:
            now = replace(now, state=JobState.QUEUED, queue_position=news.queue_position)
        elif news.stage is not None:
            now = replace(now, state=JobState.RUNNING, queue_position=None)
            if _PROGRESS[news.stage] > now.progress:
                now = replace(now, stage=news.stage, progress=_PROGRESS[news.stage])
        self._show(now)

    def take_newest(self) -> JobProgress | None:
        """What has changed since the last call; None when nothing has."""
        if not self._has_changed.is_set():
            return None
        self._has_changed.clear()
        return self._progress

    async def wait_for_change(self, *, timeout_seconds: float) -> None:
        """Return when there is something new, or after the timeout."""
        await wait_until_set(self._has_changed, timeout_seconds=timeout_seconds)

    def _show(self, progress: JobProgress) -> None:
        if progress != self._progress:
            self._progress = progress
            self._has_changed.set()


async def wait_until_set(event: asyncio.Event, *, timeout_seconds: float) -> bool:
    """Whether the event came before the timeout."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_seconds):
            await event.wait()
    return event.is_set()


def _make_data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"

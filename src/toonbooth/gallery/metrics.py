"""What the gallery counts beside its requests: the studio's answers, jobs, sweeps, connections, the disk."""

import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from toonbooth.gallery.database.repositories import ENDED_STATES, JobState
from toonbooth.kit.errors import AppError
from toonbooth.kit.metrics import Metrics

_CALL_SECONDS: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)
_SWEEP_SECONDS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)


@dataclass(slots=True)
class StudioCall:
    """What came of it, when that is no error."""

    outcome: str = "ok"


class GalleryMetrics:
    """Made once for an application; what it is handed later is read whenever the metrics are."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._studio_call_seconds = metrics.histogram(
            "studio_call_seconds",
            "Pictures asked of the studio, its retries included, by outcome: ok or an error code.",
            ("call", "outcome"),
            _CALL_SECONDS,
        )
        self._breaker_open = metrics.gauge(
            "studio_breaker_open", "1 while the studio isn't asked, because it failed.", of_several="livemax"
        )
        self._jobs_running = metrics.gauge("jobs_running", "Jobs at work.")
        self._jobs = metrics.counter("jobs", "Jobs that have ended, by how.", ("state",))
        self._connections = metrics.gauge("database_connections", "Open ones, by use.", ("state",))
        self._connections_limit = metrics.gauge("database_connections_limit", "How many there may be.")
        self._disk_free = metrics.gauge(
            "data_disk_free_bytes", "What is free where the data folder lies.", of_several="livemin"
        )
        self._disk_size = metrics.gauge(
            "data_disk_size_bytes", "How large that disk is.", of_several="livemin"
        )
        self._sweeps = metrics.counter("sweeps", "Sweeps: done, elsewhere, or failed.", ("outcome",))
        self._sweep_seconds = metrics.histogram("sweep_seconds", "What a sweep took.", (), _SWEEP_SECONDS)
        self._swept = metrics.counter("swept", "What sweeps have deleted.", ("kind",))
        self._sweep_succeeded = metrics.gauge(
            "sweep_last_success_timestamp_seconds",
            "When a sweep was last known to be done, by whichever process; before the first, the start.",
            of_several="max",
        )
        self._sweep_succeeded.set(time.time())
        # There from the start: a rate needs a zero to rise from.
        for state in ENDED_STATES:
            self._jobs.labels(state.value)
        for outcome in ("done", "elsewhere", "failed"):
            self._sweeps.labels(outcome)

    def watch_gauges(
        self,
        *,
        data_folder: Path,
        is_breaker_open: Callable[[], bool],
        count_jobs: Callable[[], int],
        count_connections: Callable[[], tuple[int, int, int]],
    ) -> None:
        """Read these whenever the metrics are. Connections: in use, idle, and how many there may be."""

        def refresh() -> None:
            self._breaker_open.set(is_breaker_open())
            self._jobs_running.set(count_jobs())
            in_use, idle, limit = count_connections()
            self._connections.labels("in_use").set(in_use)
            self._connections.labels("idle").set(idle)
            self._connections_limit.set(limit)
            # With a bucket it is made when it is first needed; a disk that has gone has an alert of its own.
            with suppress(OSError):
                disk = shutil.disk_usage(data_folder)
                self._disk_free.set(disk.free)
                self._disk_size.set(disk.total)

        self._metrics.refreshed_by(refresh)

    @contextmanager
    def watch_call(self, call: str) -> Generator["StudioCall"]:
        """Around one picture asked of the studio."""
        began, noted = time.monotonic(), StudioCall()
        try:
            yield noted
        except AppError as error:
            noted.outcome = error.code
            raise
        except BaseException:
            noted.outcome = "dropped"
            raise
        finally:
            self._studio_call_seconds.labels(call, noted.outcome).observe(time.monotonic() - began)

    def note_job(self, state: JobState) -> None:
        """A job that has ended."""
        self._jobs.labels(state.value).inc()

    def note_sweep(self, deleted: Mapping[str, int], *, seconds: float) -> None:
        """A sweep that ended well, and how much of what it has deleted."""
        self._sweep_succeeded.set(time.time())
        self._sweeps.labels("done").inc()
        self._sweep_seconds.observe(seconds)
        for kind, count in deleted.items():
            self._swept.labels(kind).inc(count)

    def note_sweep_elsewhere(self) -> None:
        """Another process was at it."""
        self._sweep_succeeded.set(time.time())
        self._sweeps.labels("elsewhere").inc()

    def note_failed_sweep(self) -> None:
        self._sweeps.labels("failed").inc()

"""Watches a pool of workers: metrics of its line and its work, and the work's stages as spans."""

import time
from typing import Final

from opentelemetry import trace

from toonbooth.kit.errors import AppError
from toonbooth.kit.metrics import Metrics
from toonbooth.kit.worker_messages import WorkDroppedError
from toonbooth.kit.workers import DoneWork, WorkerPool

_WORK_SECONDS: Final = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
_STAGE_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.5, 10.0)


class PoolMetrics:
    """The `PoolWatch` of one application's pool. `tracer`: where spans go."""

    def __init__(self, metrics: Metrics, tracer: trace.Tracer) -> None:
        self._metrics = metrics
        self._tracer = tracer
        self._workers = metrics.gauge("pool_workers", "Worker processes: busy, idle or missing.", ("state",))
        self._waiting = metrics.gauge("pool_waiting", "Requests in line for a worker.")
        self._wait_seconds = metrics.histogram("pool_wait_seconds", "In line, until a worker was free.")
        self._refusals = metrics.counter("pool_refusals", "Requests that found the line too long.")
        self._replacements = metrics.counter(
            "pool_replacements", "Workers replaced: worn out, killed for taking too long, or dead."
        )
        self._work_seconds = metrics.histogram(
            "pool_work_seconds",
            "What a worker was at a task, by outcome: ok, dropped, or an error code.",
            ("work", "outcome"),
            _WORK_SECONDS,
        )
        self._stage_seconds = metrics.histogram(
            "pool_stage_seconds", "The parts of a task, by what each ends with.", ("work", "stage"),
            _STAGE_SECONDS,
        )  # fmt: skip

    def watch_gauges_of(self, pool: WorkerPool) -> None:
        def refresh() -> None:
            counts = pool.count_workers()
            self._workers.labels("busy").set(counts.busy)
            self._workers.labels("idle").set(counts.idle)
            self._workers.labels("missing").set(counts.missing)
            self._waiting.set(pool.line.waiting)

        self._metrics.refreshed_by(refresh)

    def waited(self, seconds: float) -> None:
        self._wait_seconds.observe(seconds)
        now = time.time_ns()
        self._tracer.start_span("wait for a worker", start_time=now - round(seconds * 1e9)).end(now)

    def refused(self) -> None:
        self._refusals.inc()

    def replaced(self) -> None:
        self._replacements.inc()

    def worked(self, work: DoneWork) -> None:
        outcome = _name_outcome(work.failure)
        self._work_seconds.labels(work.name, outcome).observe(work.ended - work.began)
        for stage in work.stages:
            self._stage_seconds.labels(work.name, stage.name).observe(stage.ended - stage.began)
        offset = time.time() - time.monotonic()
        span = self._tracer.start_span(
            work.name, start_time=_to_epoch(work.began, offset), attributes={"outcome": outcome}
        )
        if work.failure is not None:
            span.set_status(trace.StatusCode.ERROR, outcome)
        with trace.use_span(span):
            for stage in work.stages:
                part = self._tracer.start_span(stage.name, start_time=_to_epoch(stage.began, offset))
                part.end(_to_epoch(stage.ended, offset))
        span.end(_to_epoch(work.ended, offset))


def _name_outcome(failure: BaseException | None) -> str:
    if failure is None:
        return "ok"
    if isinstance(failure, WorkDroppedError):
        return "dropped"
    return failure.code if isinstance(failure, AppError) else "crashed"


def _to_epoch(moment: float, offset: float) -> int:
    """Nanoseconds, as spans want them, of a moment of the monotonic clock."""
    return round((moment + offset) * 1e9)

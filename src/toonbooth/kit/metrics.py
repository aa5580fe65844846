"""The numbers that Prometheus reads: counts and durations, never of whom or of which picture.

Labels have few values, all of them ours: route templates, error codes, names of stages. What a client may
choose never becomes one.

Several processes of one service (`PROMETHEUS_MULTIPROC_DIR` is set in each before it starts) write into files
of one folder, and whichever of them is asked answers for all.
"""

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

METRICS_PATH: Final = "/metrics"
SHARED_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

_PREFIX: Final = "toonbooth_"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

QUICK_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""From a list out of the database to a drawing that waited."""


class Metrics:
    """All metrics of one application. What is only known when asked is set by those who `refresh`."""

    def __init__(self, service: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._refreshers: list[Callable[[], None]] = []
        self._shared_folder = os.environ.get(SHARED_FOLDER_VARIABLE)
        if self._shared_folder is None:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)
            GCCollector(registry=self.registry)
        # A gauge, for the library's Info is not kept across processes.
        info = self.gauge(
            "service_info", "Always 1; its labels tell what runs.", ("service", "version"), "max"
        )
        info.labels(service, version("toonbooth")).set(1)
        self.failures = self.counter("failures", "Requests answered with an error, by its code.", ("code",))
        self.http_in_progress = self.gauge("http_requests_in_progress", "Requests being answered.")
        self.http_seconds = self.histogram(
            "http_request_duration_seconds",
            "From the first byte to the end of the reply; aborted: the client left or the reply broke.",
            ("method", "route", "status"),
        )

    def counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(_PREFIX + name, text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, labels: Sequence[str] = (), of_several: str = "livesum") -> Gauge:
        """`of_several`: what becomes of the numbers of several processes, as the library calls it."""
        return Gauge(
            _PREFIX + name,
            text,
            labels,
            registry=self.registry,
            multiprocess_mode=of_several,  # type: ignore[arg-type]  # the library's literal type is private
        )

    def histogram(
        self, name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = QUICK_SECONDS
    ) -> Histogram:
        return Histogram(_PREFIX + name, text, labels, registry=self.registry, buckets=buckets)

    def refreshed_by(self, refresh: Callable[[], None]) -> None:
        """Have `refresh` set its gauges each time before they are read."""
        self._refreshers.append(refresh)

    def refresh(self) -> None:
        for refresh in self._refreshers:
            refresh()

    def note_request(self, *, method: str, route: str, status: int | str, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        self.http_seconds.labels(known, route, str(status)).observe(seconds)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Everything as text, in the format that `accept` names; and its media type."""
        self.refresh()
        encode, media_type = choose_encoder(accept)
        if self._shared_folder is None:
            return encode(self.registry), media_type
        _forget_the_dead(self._shared_folder)
        shared = CollectorRegistry()
        MultiProcessCollector(shared, self._shared_folder)  # type: ignore[no-untyped-call]
        return encode(shared), media_type


def make_metrics_app(metrics: Metrics) -> Starlette:
    """An application that serves the metrics alone, for a listener that clients do not reach."""

    async def get_metrics(request: Request) -> Response:
        content, media_type = metrics.render(request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return Starlette(routes=[Route(METRICS_PATH, get_metrics)])


def _forget_the_dead(folder: str) -> None:
    """Drop what processes that are gone had under way; what they had counted stays."""
    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
        except PermissionError:
            pass

"""Both services, running and watched as in production, for all tests that only talk to them."""

from collections.abc import Generator
from dataclasses import dataclass

import pytest

from tests.acceptance.collector import Collector
from tests.acceptance.running import MOST_CONNECTIONS, RunningToonbooth, find_free_port, running_toonbooth


@dataclass(frozen=True, slots=True)
class Watch:
    """Where metrics are read, and what hears of traces."""

    gallery_metrics_url: str
    studio_metrics_url: str
    collector: Collector


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[RunningToonbooth, Watch]]:
    ports = {"GALLERY_METRICS_PORT": find_free_port(), "STUDIO_METRICS_PORT": find_free_port()}
    limits = dict.fromkeys(
        (
            "GALLERY_REQUESTS_PER_DEVICE",
            "GALLERY_DRAWINGS_PER_DEVICE",
            "GALLERY_REQUESTS_PER_ADDRESS",
            "GALLERY_DRAWINGS_PER_ADDRESS",
        ),
        "100000/minute",
    )
    collector = Collector()
    settings = {
        "GALLERY_TRACES_URL": collector.url,
        "STUDIO_TRACES_URL": collector.url,
        "GALLERY_LOG_FORMAT": "json",
        "STUDIO_LOG_FORMAT": "json",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "GALLERY_CONNECTIONS_PER_ADDRESS": str(MOST_CONNECTIONS),
        **{name: str(port) for name, port in ports.items()},
    }
    gallery, studio = (f"http://127.0.0.1:{port}/metrics" for port in ports.values())
    with (
        collector.listening(),
        running_toonbooth(tmp_path_factory.mktemp("data"), **limits, **settings) as running,
    ):
        yield running, Watch(gallery, studio, collector)


@pytest.fixture(scope="session")
def toonbooth(watched: tuple[RunningToonbooth, Watch]) -> RunningToonbooth:
    return watched[0]

"""The studio on a cluster of its own, and what its replies and metrics say."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.running import find_free_port
from tests.ray.cluster import Cluster, running_cluster, running_studio_on

PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class RunningStudio:
    cluster: Cluster
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    url: str
    metrics_url: str
    log: Path

    def draw(self, photo: bytes, **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.url}/generate-cartoon",
            files={"image": ("me.jpg", photo)},
            headers=headers,
            timeout=PATIENCE_SECONDS,
        )

    def find_workers(self) -> list[psutil.Process]:
        """The processes in which replicas draw."""
        return [
            grandchild
            for node in self.cluster.nodes
            for replica in node.find_replicas()
            for child in replica.children()
            for grandchild in child.children()
        ]


@contextmanager
def running_ray_studio(log: Path, **settings: str) -> Generator[RunningStudio]:
    port, metrics_port = find_free_port(), find_free_port()
    environment = {
        "STUDIO_PORT": str(port),
        "STUDIO_METRICS_PORT": str(metrics_port),
        "STUDIO_WORKERS": "1",
        "STUDIO_LOG_FORMAT": "json",
        "STUDIO_RAY_GPUS_PER_REPLICA": "0.5",
        "STUDIO_WORK_TIMEOUT_SECONDS": "120",  # the machine may have much else to do
        **settings,
    }
    with running_cluster() as cluster, running_studio_on(cluster, log, **environment) as process:
        yield RunningStudio(
            cluster, environment, process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}", log
        )


def is_jpeg(reply: httpx.Response) -> bool:
    return reply.status_code == 200 and reply.content.startswith(b"\xff\xd8")


def is_refusal(reply: httpx.Response) -> bool:
    """503 in our shape, with the time to come back."""
    return (
        reply.status_code == 503
        and reply.json()["success"] is False
        and int(reply.headers["Retry-After"]) >= 1
    )


def read_metric(url: str, name: str, **labels: str) -> float:
    text = httpx.get(f"{url}/metrics", timeout=PATIENCE_SECONDS).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )

"""Two replicas of the studio on two nodes: their line, workers, GPUs and numbers."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.ray.cluster import wait_until
from tests.ray.studio_on_ray import (
    PATIENCE_SECONDS,
    RunningStudio,
    is_jpeg,
    is_refusal,
    read_metric,
    running_ray_studio,
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningStudio]:
    """Two replicas with a short line each."""
    log = tmp_path_factory.mktemp("ray") / "studio.log"
    settings = {
        "STUDIO_RAY_MIN_REPLICAS": "2",
        "STUDIO_RAY_MAX_REPLICAS": "2",
        "STUDIO_MAX_WAITING": "3",
        "STUDIO_MAX_WAIT_SECONDS": "200",  # so that a slow machine is no reason to refuse
    }
    with running_ray_studio(log, **settings) as studio:
        yield studio


def test_each_node_has_a_replica_that_sees_its_gpu(studio: RunningStudio) -> None:
    assert studio.cluster.count_replicas() == [1, 1]
    assert [worker.environ()["CUDA_VISIBLE_DEVICES"] for worker in studio.find_workers()] == ["0", "0"]


def test_workers_load_nothing_of_ray(studio: RunningStudio) -> None:
    wait_until(lambda: len(studio.find_workers()) == 2, PATIENCE_SECONDS, "not two workers")

    workers = studio.find_workers()
    assert [part.path for each in workers for part in each.memory_maps() if "raylet" in part.path] == []


def test_both_replicas_draw_and_a_full_line_says_when_to_come_back(
    studio: RunningStudio, photo: bytes
) -> None:
    def draw(number: int) -> httpx.Response:
        # Each for somebody else: one caller's requests would make room for others'.
        return studio.draw(photo, **{"X-Toonbooth-Caller": f"caller-{number}"})

    with ThreadPoolExecutor(16) as callers:
        replies = list(callers.map(draw, range(16)))

    drawn = [reply for reply in replies if is_jpeg(reply)]
    refused = [reply for reply in replies if is_refusal(reply)]
    assert len(drawn) + len(refused) == 16
    assert {reply.json()["code"] for reply in refused} == {"busy"}
    # Each replica has room for four, or for three while it draws to prove that it is well.
    assert len(drawn) >= 6


def test_a_worker_that_dies_costs_no_replica(studio: RunningStudio, photo: bytes) -> None:
    replicas = {replica for node in studio.cluster.nodes for replica in node.find_replicas()}
    before = studio.find_workers()

    for worker in before:
        worker.kill()
    replies = [studio.draw(photo) for _ in range(4)]

    assert [reply.text for reply in replies if not is_jpeg(reply)] == []
    assert {replica for node in studio.cluster.nodes for replica in node.find_replicas()} == replicas


def test_whoever_is_asked_counts_for_all_replicas_of_a_machine(studio: RunningStudio, photo: bytes) -> None:
    drawn = read_metric(studio.metrics_url, "toonbooth_drawings_total")

    for _ in range(3):
        assert is_jpeg(studio.draw(photo))

    wait_until(
        lambda: read_metric(studio.metrics_url, "toonbooth_drawings_total") == drawn + 3, 30, "not counted"
    )
    wait_until(lambda: read_metric(studio.metrics_url, "toonbooth_pool_workers") == 2, 30, "not two workers")


def test_the_commands_own_lines_are_json(studio: RunningStudio) -> None:
    lines = studio.log.read_text().splitlines()

    assert lines[-1] == f"The studio serves {studio.url} on Ray."
    assert [line for line in lines[:-1] if not line.startswith("{")] == []

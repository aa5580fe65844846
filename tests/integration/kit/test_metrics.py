"""Several processes of one service count together, and whichever is asked answers for all."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PROCESS = """
import sys
from toonbooth.kit.metrics import Metrics

metrics = Metrics("gallery")
metrics.refreshed_by(lambda: metrics.gauge_of_ours.set(2))
metrics.gauge_of_ours = metrics.gauge("jobs_running", "Jobs at work.")
for line in sys.stdin:
    if line == "count\\n":
        metrics.note_request(method="GET", route="/api/originals", status=200, seconds=0.1)
        metrics.refresh()
    print(metrics.render("")[0].decode() if line == "render\\n" else "", end="\\0", flush=True)
"""
COUNT = "toonbooth_http_request_duration_seconds_count"
RUNNING = "toonbooth_jobs_running"


class Process:
    """One process of a service; it does what it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, word: str) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        text = ""
        while not text.endswith("\0"):
            text += self.process.stdout.read(1)
        families = text_string_to_metric_families(text.removesuffix("\0"))
        return {sample.name: sample.value for family in families for sample in family.samples}


@contextmanager
def running_process(folder: Path) -> Generator[Process]:
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
    ) as process:
        yield Process(process)
        process.kill()


def test_one_of_several_processes_answers_for_all_and_the_dead_run_nothing(tmp_path: Path) -> None:
    with running_process(tmp_path) as first, running_process(tmp_path) as second:
        for process in (first, second, second):
            process.ask("count")

        told = first.ask("render")
        assert told[COUNT] == 3
        assert told[RUNNING] == 4

        second.process.kill()
        second.process.wait()
        told = first.ask("render")
        assert told[COUNT] == 3
        assert told[RUNNING] == 2

"""A Ray cluster of two nodes on this machine, each at a loopback address of its own, and a studio on it.

Each node has one processor, so it holds one replica of one worker; and a GPU that doesn't exist, so that what
replicas are told of theirs can be seen. Linux only: elsewhere 127.0.0.2 is nobody.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from tests.acceptance.running import command, find_free_port

NODE_SECONDS: Final = 300.0
STUDIO_SECONDS: Final = 400.0
HEAD: Final = "127.0.0.2"
SECOND: Final = "127.0.0.3"

_BLOCKS: Final = "will now block forever"
"""Said by `ray start` when a node runs."""

_ENVIRONMENT: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray lets its workers stand back for everything else that runs on a machine.
    "RAY_worker_niceness": "0",
    "RAY_COLOR_PREFIX": "0",
}


@dataclass(slots=True)
class Node:
    """What `ray start` has started, with all that came of it."""

    process: subprocess.Popen[bytes]
    seen: set[psutil.Process] = field(default_factory=set)

    def list_processes(self) -> list[psutil.Process]:
        """All that runs there now, which is remembered: orphans have no parent to be found by."""
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.process.pid)
            self.seen.update([root, *root.children(recursive=True)])
        for process in tuple(self.seen):
            with contextlib.suppress(psutil.NoSuchProcess):
                self.seen.update(process.children(recursive=True))
        return [process for process in self.seen if process.is_running()]

    def find_replicas(self) -> list[psutil.Process]:
        return [
            process for process in self.list_processes() if _name(process).startswith("ray::ServeReplica")
        ]

    def kill(self) -> None:
        """As a power cut would: everything at once."""
        processes = self.list_processes()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()  # or one would start another, or say good-bye
        for process in [*processes, *self.list_processes()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(processes, timeout=10)


@dataclass(slots=True)
class Cluster:
    address: str
    folder: Path
    head: Node
    second: Node

    @property
    def nodes(self) -> tuple[Node, Node]:
        return self.head, self.second

    def replace_second(self) -> None:
        """Another machine in the place of the one that was killed."""
        self.second = start_node(SECOND, self.folder, f"--address={self.address}")

    def count_replicas(self) -> list[int]:
        """Of each node."""
        return [len(node.find_replicas()) for node in self.nodes]


@contextlib.contextmanager
def running_cluster() -> Generator[Cluster]:
    """Two nodes, killed at the end with all that runs on them."""
    # Ray's sockets lie in it, and their paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    port = find_free_port()
    ports = (f"--port={port}", f"--ray-client-server-port={find_free_port()}", f"--temp-dir={folder}")
    try:
        head = start_node(HEAD, folder, "--head", "--include-dashboard=false", *ports)
        try:
            address = f"{HEAD}:{port}"
            cluster = Cluster(address, folder, head, start_node(SECOND, folder, f"--address={address}"))
            try:
                yield cluster
            finally:
                cluster.second.kill()
        finally:
            head.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_studio_on(cluster: Cluster, log: Path, **settings: str) -> Generator[subprocess.Popen[bytes]]:
    """`toonbooth studio --ray`, from when it says that it serves; told to stop at the end."""
    environment = {**os.environ, **_ENVIRONMENT, **settings}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command("studio", "--ray", cluster.address), stdout=output, stderr=output, env=environment
        ) as process,
    ):
        try:
            wait_until(
                lambda: process.poll() is not None or "The studio serves" in log.read_text(),
                STUDIO_SECONDS,
                "the studio does not come up",
            )
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=60)
            process.kill()


def wait_until(holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)


def start_node(address: str, folder: Path, *options: str) -> Node:
    log = folder / f"{address}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ray")),
                "start",
                "--block",
                f"--node-ip-address={address}",
                "--num-cpus=1",
                "--num-gpus=1",
                "--object-store-memory=100000000",
                "--disable-usage-stats",
                *options,
            ],
            stdout=output,
            stderr=output,
            env={**os.environ, **_ENVIRONMENT},
        )
    node = Node(process)
    try:
        wait_until(lambda: _BLOCKS in log.read_text(), NODE_SECONDS, f"{address} does not come up")
    except BaseException:
        node.kill()
        raise
    return node


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""

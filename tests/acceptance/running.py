"""Starts the installed command `toonbooth serve` as a user does, and stops it again."""

import contextlib
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 40
MOST_CONNECTIONS = 20
"""That one address may have open at the services that tests share."""

_PORTS = range(20000, 32000)


@dataclass(slots=True)
class RunningToonbooth:
    """Both services, really running."""

    process: subprocess.Popen[str]
    gallery_url: str
    studio_url: str
    data_folder: Path
    output: list[str] = field(default_factory=list)

    def interrupt(self) -> int:
        """Press Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=STOP_SECONDS)


def command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("toonbooth")), *arguments]


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=START_SECONDS, check=False
    )


def find_free_port() -> int:
    """A port below those that the system gives away: else a test beside us may get it before it is used."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def running_toonbooth(data_folder: Path, **environment: str) -> Generator[RunningToonbooth]:
    """Start both services on free ports and wait until they say that they are ready."""
    gallery_port, studio_port = find_free_port(), find_free_port()
    ports = ("--gallery-port", str(gallery_port), "--studio-port", str(studio_port))
    process = subprocess.Popen(
        command("serve", *ports, "--data-dir", str(data_folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )
    running = RunningToonbooth(
        process, f"http://127.0.0.1:{gallery_port}", f"http://127.0.0.1:{studio_port}", data_folder
    )
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read_lines, args=(process, lines, running.output), daemon=True)
    reader.start()
    try:
        _wait_for_line("Toonbooth is ready.", lines, running.output)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=STOP_SECONDS)
        reader.join(timeout=STOP_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def _read_lines(process: subprocess.Popen[str], lines: queue.Queue[str | None], output: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        output.append(line)
        lines.put(line)
    lines.put(None)


def _wait_for_line(wanted: str, lines: queue.Queue[str | None], output: list[str]) -> None:
    while True:
        line = lines.get(timeout=START_SECONDS)
        assert line is not None, "toonbooth serve ended before it was ready:\n" + "".join(output)
        if line.strip() == wanted:
            return

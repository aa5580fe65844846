"""Several processes of one service, shown with real ones."""

import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from toonbooth.kit.processes import Ending, ServiceProcess
from toonbooth.kit.replicas import Replicas

READY = (
    "import os, pathlib, sys, time; folder = pathlib.Path(sys.argv[1])\nos.write(int(sys.argv[2]), b'1')\n"
)
NOTE = "(folder / str(os.getpid())).touch()\n"
FOREVER = "while True: time.sleep(0.05)\n"


def make_replicas(folder: Path, script: str, *, count: int = 2, stop_seconds: float = 10) -> Replicas:
    def make(_place: int, ready_pipe: int) -> ServiceProcess:
        command = (sys.executable, "-S", "-c", script, str(folder), str(ready_pipe))
        return ServiceProcess(name="replica", command=command, environment={}, inherited=(ready_pipe,))

    return Replicas(make, count=count, stop_seconds=stop_seconds)


@contextmanager
def meanwhile(*steps: object) -> Generator[None]:
    """Run steps beside the main thread, which waits for signals."""
    thread = threading.Thread(target=lambda: [step() for step in steps])  # type: ignore[operator]
    thread.start()
    yield
    thread.join(timeout=30)
    assert not thread.is_alive()


def list_processes(folder: Path) -> set[int]:
    return {int(file.name) for file in folder.iterdir()}


def wait_for(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(list_processes(folder)) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def stop_us() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_one_that_is_killed_is_replaced_and_a_signal_stops_all(tmp_path: Path) -> None:
    is_ready = threading.Event()

    def kill_one() -> None:
        assert is_ready.wait(timeout=30)
        wait_for(tmp_path, 2)
        os.kill(min(list_processes(tmp_path)), signal.SIGKILL)
        wait_for(tmp_path, 3)

    replicas = make_replicas(tmp_path, READY + NOTE + FOREVER)
    with meanwhile(kill_one, stop_us):
        ending = replicas.run(on_ready=is_ready.set)

    assert ending == Ending(failed=None, status=0)
    processes = list_processes(tmp_path)
    assert len(processes) == 3
    assert not any(psutil.pid_exists(process) for process in processes)


def test_one_that_never_gets_ready_ends_everything_and_no_others_are_tried(tmp_path: Path) -> None:
    script = "import os, pathlib, sys; folder = pathlib.Path(sys.argv[1])\n" + NOTE + "sys.exit(7)"

    replicas = make_replicas(tmp_path, script, count=3)
    ending = replicas.run(on_ready=lambda: pytest.fail("nobody is ready"))

    assert ending == Ending(failed="worker", status=7)
    assert not replicas.have_all_been_ready
    assert len(list_processes(tmp_path)) == 1


def test_when_none_is_left_and_the_next_one_does_not_get_ready_everything_ends(tmp_path: Path) -> None:
    """As when the only worker was killed, and its settings or its database have changed meanwhile."""
    (tmp_path / "runs").mkdir()
    marker = tmp_path / "started"
    script = f"import os, pathlib, sys, time\nif pathlib.Path({str(marker)!r}).exists(): sys.exit(3)\n"
    script += f"pathlib.Path({str(marker)!r}).touch()\n" + READY + NOTE + FOREVER

    def kill_it() -> None:
        wait_for(tmp_path / "runs", 1)
        os.kill(min(list_processes(tmp_path / "runs")), signal.SIGKILL)

    with meanwhile(kill_it):
        ending = make_replicas(tmp_path / "runs", script, count=1).run(on_ready=lambda: None)

    assert ending == Ending(failed="worker", status=3)


def test_those_that_ignore_the_signal_are_killed(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + NOTE + FOREVER

    def wait_for_both() -> None:
        wait_for(tmp_path, 2)

    with meanwhile(wait_for_both, stop_us):
        make_replicas(tmp_path, stubborn, stop_seconds=0.2).run(on_ready=lambda: None)

    assert not any(psutil.pid_exists(process) for process in list_processes(tmp_path))

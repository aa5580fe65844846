"""Processes that live and die together, shown with real ones."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

import psutil
import pytest

from toonbooth.kit.errors import StartError
from toonbooth.kit.listening import bind_listener
from toonbooth.kit.processes import Ending, ServiceProcess, Supervisor

FOREVER = "import time\nwhile True: time.sleep(0.1)"


def python(name: str, script: str) -> ServiceProcess:
    return ServiceProcess(name=name, command=(sys.executable, "-c", script), environment={})


def announce_by(marker: Path) -> str:
    return f"import os, pathlib; pathlib.Path({str(marker)!r}).write_text(str(os.getpid()))\n"


def test_when_one_ends_the_other_is_stopped_and_the_ending_says_who(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    lasting = python("lasting", announce_by(marker) + FOREVER)
    wait_for_it = (
        f"import pathlib, sys, time\nwhile not pathlib.Path({str(marker)!r}).exists(): time.sleep(0.01)\n"
    )
    failing = python("failing", wait_for_it + "sys.exit(7)")

    ending = Supervisor((lasting, failing), stop_seconds=10).run(
        is_ready=lambda: False, on_ready=lambda: None
    )

    assert ending == Ending(failed="failing", status=7)
    assert not psutil.pid_exists(int(marker.read_text()))


def test_a_signal_stops_all_and_is_no_failure(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    announced = threading.Event()

    def stop_us() -> None:
        announced.set()
        os.kill(os.getpid(), signal.SIGINT)

    ending = Supervisor((python("one", announce_by(marker) + FOREVER),), stop_seconds=10).run(
        is_ready=marker.exists, on_ready=stop_us
    )

    assert announced.is_set()
    assert ending == Ending(failed=None, status=0)


def test_a_process_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    stubborn = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + announce_by(marker) + FOREVER
    )

    Supervisor((python("stubborn", stubborn),), stop_seconds=0.2).run(
        is_ready=lambda: marker.exists() and bool(marker.read_text()),
        on_ready=lambda: os.kill(os.getpid(), signal.SIGTERM),
    )

    assert not psutil.pid_exists(int(marker.read_text()))


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(StartError, match=f"^Port {port} on 127.0.0.1 is taken"):
            bind_listener("127.0.0.1", port)


def test_several_may_listen_together_but_nobody_comes_between_them_unnoticed() -> None:
    with bind_listener("127.0.0.1", 0, is_one_of_several=True) as first:
        port = first.getsockname()[1]
        with bind_listener("127.0.0.1", port, is_one_of_several=True) as second:
            assert second.getsockname() == first.getsockname()

        with pytest.raises(StartError, match=f"^Port {port} on 127.0.0.1 is taken"):
            bind_listener("127.0.0.1", port)

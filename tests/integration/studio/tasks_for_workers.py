"""What the tests of the worker pool let workers do. A module of its own: workers import it by name."""

import os
import resource
import signal
import time
from pathlib import Path

from toonbooth.kit.errors import InternalError, InvalidRequestError
from toonbooth.kit.inside_worker import is_heard, report_stage, tell
from toonbooth.kit.worker_messages import WorkDroppedError


def add(first: int, second: int) -> int:
    return first + second


def get_process_id() -> int:
    return os.getpid()


def get_niceness() -> int:
    return os.nice(0)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    time.sleep(3600)


def spin() -> None:
    while True:
        pass


def stop_myself() -> None:
    """What a debugger does, and to all of a machine whoever freezes it."""
    os.kill(os.getpid(), signal.SIGSTOP)


def wait_for_file(path: Path) -> int:
    """Hold a worker until the test makes the file."""
    while not path.exists():
        time.sleep(0.005)
    return os.getpid()


def tell_until_dropped(path: Path) -> None:
    """Tell something now and then, and leave a file when nobody wants to hear it any more."""
    try:
        while True:
            tell("still here")
            time.sleep(0.005)
    except WorkDroppedError:
        path.touch()
        raise


def count_to(end: int) -> bool:
    for number in range(end):
        tell(number)
    return is_heard()


def append_line(path: Path) -> None:
    with path.open("a") as file:
        file.write("done\n")


def refuse() -> None:
    raise InvalidRequestError("That will not do.")


def refuse_with_an_error_that_cannot_be_rebuilt() -> None:
    raise InternalError


def divide_by_zero() -> float:
    return 1 / 0


def return_something_unpicklable() -> object:
    return lambda: None


def terminate_my_group_politely() -> str:
    """What Ctrl-C and a service manager do to every process of a group."""
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return "still here"


def fail_to_prepare() -> None:
    raise InvalidRequestError("The model is missing.")


def make_bytes(count: int) -> bytes:
    return bytes(count)


def count_bytes(data: bytes) -> int:
    return len(data)


def need_file(path: Path) -> None:
    if not path.exists():
        raise InvalidRequestError("The model is missing.")


def reach_a_stage_and(what: str) -> int:
    report_stage("first")
    report_stage("second")
    if what == "die":
        die()
    if what == "hang":
        hang()
    return 7


def hold_memory(count: int) -> int:
    """Keep so many bytes for good; returns the process id."""
    _held.append(bytearray(count))
    return os.getpid()


def become_large() -> None:
    hold_memory(200_000_000)


_held: list[bytearray] = []


def count_page_faults_of_a_third_time() -> int:
    """How much memory is fetched from the system when the same work is done for the third time."""
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        blocks = [b"\1" * 20_000_000 for _ in range(3)]
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        blocks.clear()
    return faults

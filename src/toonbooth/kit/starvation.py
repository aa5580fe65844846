"""Tells work that takes too long by itself from work that a busy machine doesn't let run. Linux only:
elsewhere nobody is ever taken for starved.
"""

import os
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Final

_FAIR_SHARE: Final = 0.5
"""Who has had this part of the time on a processor has had a fair chance."""

_ASLEEP_IN_A_ROW: Final = 3
"""Work that is found waiting for nothing that often waits for ever; that often by chance it isn't."""

_WAITING_FOR_THE_MACHINE: Final = frozenset("RDTt")
"""States of threads, as `man proc_pid_stat` has them: running or in line for a processor, waiting for the
disk, stopped from outside."""


class Verdict(Enum):
    """What to think of work whose time is over."""

    HANGS = auto()
    STARVES = auto()
    TOO_EARLY = auto()


@dataclass(slots=True)
class Witness:
    """Watches one process from the moment it begins its work.

    `patience_seconds`: before so much time has passed, nobody can tell what its share is.
    """

    process_id: int
    timeout_seconds: float
    patience_seconds: float
    _seconds_before: float | None = field(init=False)
    _asleep: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._seconds_before = measure_processor_seconds(self.process_id)

    def judge(self, *, elapsed_seconds: float) -> Verdict:
        """Call when the time is over; `TOO_EARLY`: and again in a moment."""
        now = measure_processor_seconds(self.process_id)
        if now is None or self._seconds_before is None:
            return Verdict.HANGS
        if now - self._seconds_before >= _FAIR_SHARE * self.timeout_seconds:
            return Verdict.HANGS
        self._asleep = 0 if _wants_to_run(self.process_id) else self._asleep + 1
        if self._asleep == _ASLEEP_IN_A_ROW:
            return Verdict.HANGS
        is_early = self._asleep or elapsed_seconds < max(self.patience_seconds, self.timeout_seconds)
        return Verdict.TOO_EARLY if is_early else Verdict.STARVES


def measure_processor_seconds(process_id: int) -> float | None:
    """What all threads of a process have had of processors; None where the system doesn't say."""
    try:
        fields = _read_fields(Path(f"/proc/{process_id}/stat"))
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wants_to_run(process_id: int) -> bool:
    try:
        return any(
            _read_fields(thread / "stat")[0] in _WAITING_FOR_THE_MACHINE
            for thread in Path(f"/proc/{process_id}/task").iterdir()
        )
    except OSError:  # one has just ended
        return True


def _read_fields(file: Path) -> list[str]:
    """What follows the name, which may hold anything."""
    return file.read_text().rpartition(")")[2].split()

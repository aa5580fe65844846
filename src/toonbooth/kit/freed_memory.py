"""What a process does with memory that it has freed: one that works keeps it for its next task.

The C library gives much of it back to the system after every task and fetches it anew, empty and in pages of
4 KB, for the next: ten thousand page faults for a cartoon, a tenth of its time.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

_TUNABLES: Final = "GLIBC_TUNABLES"

# The GNU C library reads this when a process begins; others take no notice.
KEPT: Final[Mapping[str, str]] = {
    _TUNABLES: ":".join(
        (
            "glibc.malloc.hugetlb=1",  # pages of 2 MB, where the system has them for who asks
            f"glibc.malloc.mmap_threshold={32 * 1024**2}",  # larger blocks still go back
            f"glibc.malloc.trim_threshold={128 * 1024**2}",  # and so does more than this
        )
    )
}
"""The environment of a process that keeps what it has freed."""


@contextmanager
def freed_memory_kept() -> Generator[None]:
    """Processes that are started within keep what they have freed, but where the user has said otherwise."""
    if _TUNABLES in os.environ:
        yield
        return
    os.environ.update(KEPT)
    try:
        yield
    finally:
        for name in KEPT:
            del os.environ[name]

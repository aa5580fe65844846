"""Loading a service: what is loaded stays, so nothing of it is worth looking through for garbage."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Generator[None]:
    """Load modules while Python's collector rests; it overlooks them ever after.

    Else it goes through them again and again as they come, a quarter of a service's start, and in processes
    that share what they were forked with it writes to all of it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

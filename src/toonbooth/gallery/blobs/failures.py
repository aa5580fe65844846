"""Translates what a file system refuses, once."""

import contextlib
import errno
from collections.abc import Generator
from typing import Final

from toonbooth.gallery.errors import PictureNotFoundError, StorageFailedError, StorageUnavailableError

_FOR_A_MOMENT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})


@contextlib.contextmanager
def translated_failures() -> Generator[None]:
    """Disk full, permission denied and the like become a `StorageFailedError`; that no more files can be open
    at the moment, a `StorageUnavailableError`.
    """
    try:
        yield
    except OSError as error:
        raise (StorageUnavailableError if error.errno in _FOR_A_MOMENT else StorageFailedError) from error


@contextlib.contextmanager
def translated_absence() -> Generator[None]:
    """A file that isn't there becomes a `PictureNotFoundError`, other refusals a `StorageFailedError`."""
    with translated_failures():
        try:
            yield
        except FileNotFoundError as error:
            raise PictureNotFoundError from error

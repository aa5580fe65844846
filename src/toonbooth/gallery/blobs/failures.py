"""Translates what a file system refuses, once."""

import contextlib
from collections.abc import Generator

from toonbooth.gallery.errors import PictureNotFoundError, StorageFailedError


@contextlib.contextmanager
def translated_failures() -> Generator[None]:
    """Disk full, permission denied and the like become a `StorageFailedError`."""
    try:
        yield
    except OSError as error:
        raise StorageFailedError from error


@contextlib.contextmanager
def translated_absence() -> Generator[None]:
    """A file that isn't there becomes a `PictureNotFoundError`, other refusals a `StorageFailedError`."""
    with translated_failures():
        try:
            yield
        except FileNotFoundError as error:
            raise PictureNotFoundError from error

"""Where signing keys come from: a setting, else a file in the data folder that is made on first start."""

import fcntl
import os
import re
import secrets
import stat
from pathlib import Path
from typing import BinaryIO, Final

from toonbooth.kit.errors import StartError

KEY_FILE: Final = "signing.keys"

_KEY_BYTES: Final = 32
_MIN_CHARACTERS: Final = 32
"""What 16 random bytes take in hexadecimal digits: fewer can be guessed."""

_SEPARATORS: Final = re.compile(r"[,\s]+")


def read_signing_keys(text: str) -> tuple[bytes, ...]:
    """Read keys that are separated by commas or line breaks: the first one signs, all are accepted.

    Raises
    ------
    StartError
        When there is none, or one is too short to be safe. No key is repeated.
    """
    keys = tuple(key for key in _SEPARATORS.split(text) if key)
    if not keys:
        raise StartError("There is no signing key.")
    if any(len(key) < _MIN_CHARACTERS for key in keys):
        raise StartError(f"Every signing key must have at least {_MIN_CHARACTERS} characters.")
    return tuple(key.encode() for key in keys)


def load_signing_keys(folder: Path) -> tuple[bytes, ...]:
    """Read the key file of a data folder; made with a new key when there is none, also by two at once.

    Raises
    ------
    StartError
        When the file cannot be read or made, can be read by others, or holds no safe key.
    """
    path = folder / KEY_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "r+b", opener=_open_private) as file:
            # Whoever comes second waits, and finds the key of the first.
            fcntl.flock(file, fcntl.LOCK_EX)
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise StartError(f"Others may read {path}; run `chmod 600` on it.")
            content = file.read() or _write_new_key(file, folder)
    except OSError as error:
        raise StartError(f"Cannot use the signing keys {path}: {error.strerror}.") from error
    try:
        return read_signing_keys(content.decode())
    except (StartError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, StartError) else "It isn't a text."
        raise StartError(f"{path}: {reason}") from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _write_new_key(file: BinaryIO, folder: Path) -> bytes:
    content = secrets.token_urlsafe(_KEY_BYTES).encode() + b"\n"
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return content

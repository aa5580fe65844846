"""Signs addresses of pictures, so that an image widget or the studio can open them without any header.

HMAC-SHA256 over path and expiry (RFC 2104). Whoever changes either has no signature for it.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from toonbooth.gallery.clock import count_milliseconds

EXPIRES_PARAMETER: Final = "expires"
SIGNATURE_PARAMETER: Final = "signature"

_VALID: Final = timedelta(days=7)
_DAY_SECONDS: Final = 86_400
_EXPIRES: Final = re.compile(r"[1-9][0-9]{9}")
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_PURPOSE: Final = b"toonbooth picture address 1"
"""Signed along: the same key may sign other things one day, and none of those may pass for an address."""

_TAG_PURPOSE: Final = b"toonbooth caller 1"
_TAG_CHARACTERS: Final = 24


class UrlSigner:
    """Signs with the first key and accepts all, so that keys can be exchanged without breaking addresses."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or not all(keys):
            raise ValueError("there must be a key, and none may be empty")
        self._keys = tuple(keys)

    def sign(self, path: str, *, now: datetime) -> str:
        """The query that opens `path` for the next 7 days, until the end of the last one.

        All day long the same, so that the address is too, and caches that go by addresses work.
        """
        today = count_milliseconds(now + _VALID) // 1000 // _DAY_SECONDS
        expires = str((today + 1) * _DAY_SECONDS)
        signature = _compute_signature(self._keys[0], path.encode("ascii"), expires)
        return f"{EXPIRES_PARAMETER}={expires}&{SIGNATURE_PARAMETER}={signature}"

    def tag(self, text: str) -> str:
        """A word that is always the same for `text`, and that tells nobody without the key what it was."""
        digest = hmac.digest(self._keys[0], b"\n".join((_TAG_PURPOSE, text.encode())), hashlib.sha256)
        return digest.hex()[:_TAG_CHARACTERS]

    def verify(self, path: str, *, expires: str, signature: str, now: datetime) -> int | None:
        """How many seconds an address is still good for; None when it isn't, or was never ours."""
        if not path.isascii() or not _EXPIRES.fullmatch(expires) or not _SIGNATURE.fullmatch(signature):
            return None
        # Texts are compared, not bytes: several texts decode to the same bytes. And all keys are tried, so
        # that the time it takes says nothing.
        matches = [
            hmac.compare_digest(_compute_signature(key, path.encode("ascii"), expires), signature)
            for key in self._keys
        ]
        remaining_seconds = (int(expires) * 1000 - count_milliseconds(now)) // 1000
        return remaining_seconds if any(matches) and remaining_seconds > 0 else None


def _compute_signature(key: bytes, path: bytes, expires: str) -> str:
    # A line break is in neither, so the three parts cannot be taken for three others.
    message = b"\n".join((_PURPOSE, path, expires.encode("ascii")))
    digest = hmac.digest(key, message, hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

"""Microsoft's emulator of Azure Blob Storage for tests: `make azure` installs it, and runs what needs it."""

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from uuid import uuid4

import httpx

from tests.acceptance.running import find_free_port

ACCOUNT = "fortests"
KEY = base64.b64encode(b"a key for tests, of 64 bytes or so, which nobody else is told of").decode()
CONTAINER = "photos"
_API_VERSION = "2021-08-06"
_SECONDS_TO_START = 60.0
_COMMAND = Path(sys.prefix) / "azurite" / "node_modules" / ".bin" / "azurite-blob"


def is_installed() -> bool:
    return _COMMAND.exists()


@dataclass(frozen=True)
class Azurite:
    """A running emulator whose container is all ours."""

    url: str

    def environment(self) -> dict[str, str]:
        """What the tools of its cloud read."""
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_STORAGE_ENDPOINT": f"{self.url}/{ACCOUNT}",
        }

    def make_url(self) -> str:
        """A place in the container where nothing lies yet."""
        return f"az://{CONTAINER}/{uuid4().hex}"


@contextmanager
def running_azurite() -> Generator[Azurite]:
    folder = Path(tempfile.mkdtemp(prefix="toonbooth-azurite-"))
    port = find_free_port()
    process = subprocess.Popen(
        [
            _COMMAND,
            *("--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", folder),
            *("--silent", "--disableTelemetry", "--skipApiVersionCheck"),
        ],
        cwd=folder,
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        server = Azurite(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + _SECONDS_TO_START
        while not _has_container(server):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield server
    finally:
        process.kill()
        process.wait(timeout=30)
        shutil.rmtree(folder)


def _has_container(server: Azurite) -> bool:
    """Make it, which our client of buckets cannot: signed as Azure's "Authorize with Shared Key" says."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _API_VERSION}
    signed = "\n".join(
        [
            "PUT",
            *[""] * 11,
            *(f"{name}:{value}" for name, value in headers.items()),
            f"/{ACCOUNT}/{ACCOUNT}/{CONTAINER}",
            "restype:container",
        ]
    )
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), signed.encode(), hashlib.sha256)).decode()
    with suppress(httpx.TransportError):
        reply = httpx.put(
            f"{server.url}/{ACCOUNT}/{CONTAINER}?restype=container",
            headers={**headers, "Authorization": f"SharedKey {ACCOUNT}:{signature}"},
        )
        return reply.raise_for_status().status_code == httpx.codes.CREATED
    return False

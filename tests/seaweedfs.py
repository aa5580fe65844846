"""A real SeaweedFS for tests, as an S3 server: the binary of a wheel, a folder that is thrown away."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.acceptance.running import find_free_port

ACCESS_KEY, SECRET_KEY = "for-tests", "for-tests-secret"
REGION = "us-east-1"
BUCKET = "photos"
_SECONDS_TO_START = 60.0


@dataclass
class SeaweedFs:
    """A running server whose buckets are all ours."""

    url: str
    process: "subprocess.Popen[bytes]"

    def environment(self) -> dict[str, str]:
        """What the tools of its cloud read."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
        }

    def make_url(self) -> str:
        """A place in the bucket where nothing lies yet."""
        return f"s3://{BUCKET}/{uuid4().hex}"

    def store(self) -> S3Store:
        """The whole bucket, behind the gallery's back."""
        return S3Store(
            BUCKET,
            config={
                "endpoint": self.url,
                "access_key_id": ACCESS_KEY,
                "secret_access_key": SECRET_KEY,
                "region": REGION,
            },
            client_options={"allow_http": True},
        )


@contextmanager
def running_seaweedfs() -> Generator[SeaweedFs]:
    folder = Path(tempfile.mkdtemp(prefix="toonbooth-seaweedfs-"))
    users = {
        "identities": [
            {
                "name": "tests",
                "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }
    (folder / "s3.json").write_text(json.dumps(users))
    (folder / "data").mkdir()
    port = _find_port()
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("weed"),
            *("server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
            *("-s3", f"-s3.port={port}", f"-s3.config={folder / 's3.json'}"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
            *("-master.volumeSizeLimitMB=64", "-volume.max=20", "-volume.preStopSeconds=0"),
            *(f"-master.port={_find_port()}", f"-volume.port={_find_port()}", f"-filer.port={_find_port()}"),
        ],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = SeaweedFs(f"http://127.0.0.1:{port}", process)
        deadline = time.monotonic() + _SECONDS_TO_START
        while not _takes_objects(server):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield server
    finally:
        process.kill()  # it takes 20 seconds to stop by itself, and its folder goes anyway
        process.wait(timeout=30)
        shutil.rmtree(folder)


def _takes_objects(server: SeaweedFs) -> bool:
    """Whether all of its parts have found each other; the first object makes the bucket."""
    with suppress(httpx.TransportError, BaseError):
        if httpx.get(f"{server.url}/healthz").status_code == 200:
            server.store().put("somebody-elses", b"not a picture")
            return True
    return False


def _find_port() -> int:
    """A free port; the server also listens ten thousand above each."""
    while (port := find_free_port()) > 55_000:
        pass
    return port

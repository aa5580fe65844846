"""`toonbooth serve`: both services on one machine, as two processes that live and die together."""

import contextlib
import http.client
import os
import sys
import uuid
from pathlib import Path
from typing import Final

import click

from toonbooth.contract import HEALTH_PATH
from toonbooth.kit.errors import StartError
from toonbooth.kit.listening import bind_listener
from toonbooth.kit.processes import ServiceProcess, Supervisor

_LOOPBACK: Final = "127.0.0.1"
_STOP_SECONDS: Final = 30.0


def serve_both(*, host: str, gallery_port: int, studio_port: int, data_folder: Path) -> None:
    """Run until Ctrl-C, SIGTERM, or the end of one of the two.

    Raises
    ------
    StartError
        When a port is taken, the folder cannot be written, or a service ended by itself.
    """
    data_folder = data_folder.absolute()
    _check_folder(data_folder)
    # The studio never leaves the loopback here: it draws for whoever asks.
    with (
        contextlib.closing(bind_listener(host, gallery_port)) as gallery_listener,
        contextlib.closing(bind_listener(_LOOPBACK, studio_port)) as studio_listener,
    ):
        pipe_to_watch, pipe_held = os.pipe()
        os.set_inheritable(pipe_to_watch, True)  # noqa: FBT003 - the standard library's signature
        gallery_address = f"http://{_LOOPBACK}:{gallery_port}"
        studio_address = f"http://{_LOOPBACK}:{studio_port}"
        gallery = ServiceProcess(
            name="gallery",
            command=_command("gallery", gallery_listener.fileno(), pipe_to_watch),
            environment={
                "GALLERY_HOST": host,
                "GALLERY_PORT": str(gallery_port),
                "GALLERY_DATA_DIR": str(data_folder),
                "GALLERY_STUDIO_URL": studio_address,
            },
            inherited=(gallery_listener.fileno(), pipe_to_watch),
        )
        studio = ServiceProcess(
            name="studio",
            command=_command("studio", studio_listener.fileno(), pipe_to_watch),
            environment={
                "STUDIO_HOST": _LOOPBACK,
                "STUDIO_PORT": str(studio_port),
                "STUDIO_TRUSTED_ORIGINS": f"{gallery_address}/uploads/=127.0.0.0/8",
            },
            inherited=(studio_listener.fileno(), pipe_to_watch),
        )

        def is_ready() -> bool:
            return _answers(studio_port) and _answers(gallery_port)

        def announce() -> None:
            click.echo(_describe(host, gallery_port, studio_address, data_folder))

        try:
            ending = Supervisor((studio, gallery), stop_seconds=_STOP_SECONDS).run(
                is_ready=is_ready, on_ready=announce
            )
        finally:
            os.close(pipe_held)
            os.close(pipe_to_watch)
    if ending.failed is not None:
        raise StartError(
            f"The {ending.failed} ended by itself (status {ending.status}); everything is stopped."
        )
    click.echo("Stopped.")


def _command(service: str, listener: int, parent_pipe: int) -> tuple[str, ...]:
    options = ("--listener-fd", str(listener), "--parent-pipe", str(parent_pipe))
    return (sys.executable, "-m", "toonbooth", service, *options)


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".write-probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartError(f"Cannot write to the data folder {folder}: {error.strerror}.") from error


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _describe(host: str, gallery_port: int, studio_address: str, data_folder: Path) -> str:
    gallery_address = f"http://{_LOOPBACK}:{gallery_port}"
    opened = f"\n            open to the network on {host}" if host != _LOOPBACK else ""
    return f"""
Toonbooth is ready.

  gallery   {gallery_address}   the app's API, described at {gallery_address}/docs{opened}
  studio    {studio_address}   draws and cuts for the gallery
  data      {data_folder}

Upload a photo:

  curl -H "x-device-id: {uuid.uuid4()}" -F image=@photo.jpg {gallery_address}/api/upload

Ctrl-C stops both.
"""

"""Several processes as one: `serve` runs both services, `gallery --workers N` runs one of them N times."""

import contextlib
import os
import socket
import sys
import uuid
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

import click

from toonbooth.contract import HEALTH_PATH
from toonbooth.kit.errors import StartError
from toonbooth.kit.listening import bind_listener
from toonbooth.kit.probing import answers_well
from toonbooth.kit.processes import ServiceProcess, Supervisor
from toonbooth.kit.replicas import Replicas

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
        inner = _address_from_inside(gallery_listener)
        gallery_address = f"http://{_in_url(inner)}:{gallery_port}"
        studio_address = f"http://{_LOOPBACK}:{studio_port}"
        gallery = ServiceProcess(
            name="gallery",
            command=_command("gallery", gallery_listener.fileno(), pipe_to_watch),
            environment={
                "GALLERY_HOST": host,
                "GALLERY_PORT": str(gallery_port),
                "GALLERY_DATA_DIR": str(data_folder),
                "GALLERY_INTERNAL_URL": gallery_address,
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
                "STUDIO_TRUSTED_ORIGINS": f"{gallery_address}/uploads/={inner}",
            },
            inherited=(studio_listener.fileno(), pipe_to_watch),
        )

        def is_ready() -> bool:
            return answers_well(_LOOPBACK, studio_port, HEALTH_PATH) and answers_well(
                str(inner), gallery_port, HEALTH_PATH
            )

        def announce() -> None:
            click.echo(_describe(gallery_address, studio_address, data_folder, _tell_reach(gallery_listener)))

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


def serve_gallery(
    *,
    workers: int,
    host: str,
    port: int,
    drain_seconds: int,
    metrics_listener: socket.socket | None,
    environment: Mapping[str, str],
) -> None:
    """Run several processes of the gallery on one port until Ctrl-C or SIGTERM, with what is added to their
    environment.

    Each has a listening socket of its own, which is held here: what a process that dies had not accepted yet,
    the one that takes its place accepts. For metrics all share one: whichever is there answers.

    Raises
    ------
    StartError
        When the port is taken, or a process doesn't come up at start, or later none does.
    """
    bind_listener(host, port).close()  # Somebody else's: sockets that may be several would not notice.
    pipe_to_watch, pipe_held = os.pipe()
    listeners: dict[int, socket.socket] = {}

    def make(place: int, ready_pipe: int) -> ServiceProcess:
        if place not in listeners:
            listeners[place] = bind_listener(host, port, is_one_of_several=True)
        listener = listeners[place].fileno()
        command = [*_command("gallery", listener, pipe_to_watch), "--ready-pipe", str(ready_pipe)]
        inherited = [listener, pipe_to_watch, ready_pipe]
        if metrics_listener is not None:
            command += ["--metrics-fd", str(metrics_listener.fileno())]
            inherited.append(metrics_listener.fileno())
        return ServiceProcess(
            name="worker",
            command=tuple(command),
            environment=environment,
            inherited=tuple(inherited),
        )

    replicas = Replicas(make, count=workers, stop_seconds=drain_seconds + _STOP_SECONDS)
    try:
        ending = replicas.run(on_ready=lambda: click.echo(f"{workers} workers are ready.", err=True))
    finally:
        os.close(pipe_held)
        os.close(pipe_to_watch)
        for listener in listeners.values():
            listener.close()
    if ending.failed is not None and ending.status == 1 and not replicas.have_all_been_ready:
        raise click.exceptions.Exit(1)  # It has said why.
    if ending.failed is not None:
        raise StartError(f"A worker did not come up (status {ending.status}); everything is stopped.")


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


def _address_from_inside(listener: socket.socket) -> IPv4Address | IPv6Address:
    """Where a process of this machine reaches what listens there."""
    address = ip_address(listener.getsockname()[0])
    if address.is_unspecified:
        return ip_address(_LOOPBACK if address.version == 4 else "::1")
    return address


def _in_url(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _tell_reach(listener: socket.socket) -> str:
    """What other machines can see of the gallery."""
    address = ip_address(listener.getsockname()[0])
    if address.is_loopback:
        return "for this machine only; --host 0.0.0.0 opens it to your network"
    if address.is_unspecified:
        return "open to your network, under this machine's address"
    return "open to your network"


def _describe(gallery_address: str, studio_address: str, data_folder: Path, reach: str) -> str:
    return f"""
Toonbooth is ready.

  gallery   {gallery_address}   open it in a browser; the app's API is described at /docs
            {reach}
  studio    {studio_address}   draws and cuts for the gallery
  data      {data_folder}

Upload a photo:

  curl -H "x-device-id: {uuid.uuid4()}" -F image=@photo.jpg {gallery_address}/api/upload

The reply holds the addresses of photo and cartoon; they open in any browser.
Ctrl-C stops both.
"""

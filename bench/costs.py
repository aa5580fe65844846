"""`python -m bench.costs`: processor time of a gallery for each kind of request, and bytes of what it keeps.

What docs/scaling.md calculates with, beside `bench.rows`. Processor time, not the clock's: it says something
even on a machine that others use, if less than on a quiet one.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import click
import httpx
import psutil

from bench.pictures import TWELVE_MEGAPIXELS, make_photo
from bench.services import DEVICE, instant_studio, running_gallery, upload
from bench.timing import Row, print_table, summarise
from tests.acceptance.running import running_toonbooth

_WIDTH: Final = 320
_TURNS: Final = 5


@click.command()
@click.option("--rounds", default=40, show_default=True, help="Requests of each kind in each of five turns.")
def main(rounds: int) -> None:
    """Measure the gallery's side of what an app asks for."""
    with tempfile.TemporaryDirectory() as folder:
        sizes, cartoon = _measure_sizes(Path(folder) / "sizes")
        print_table("Bytes: a 12 MP photo, its comic, the face cut from it, a thumbnail", sizes)
        print_table(
            "Processor time of the gallery and its workers, SQLite and a folder",
            _measure_requests(Path(folder) / "requests", cartoon, rounds=rounds),
        )


def _measure_sizes(folder: Path) -> tuple[list[Row], bytes]:
    photo = make_photo(TWELVE_MEGAPIXELS)
    with (
        running_toonbooth(folder) as toonbooth,
        httpx.Client(base_url=toonbooth.gallery_url, headers=DEVICE, timeout=60) as app,
    ):
        cartoon = upload(app, photo)["cartoon"]
        drawn = app.get(cartoon["imageUrl"]).content
        thumbnail = app.get(f"{cartoon['imageUrl']}&w={_WIDTH}").content
        face = app.post(f"/api/download/{cartoon['id']}").json()["data"]["downloadedFace"]
        cut = app.get(face["faceUrl"]).content
    named = {"photo": photo, "cartoon": drawn, "face cut": cut, f"cartoon, w={_WIDTH}": thumbnail}
    return [summarise(name, [len(data) / 1e3], unit="kB") for name, data in named.items()], drawn


def _measure_requests(folder: Path, cartoon: bytes, *, rounds: int) -> Iterator[Row]:
    photo = make_photo(TWELVE_MEGAPIXELS)
    with (
        instant_studio(cartoon) as studio,
        running_gallery(folder, studio) as url,
        httpx.Client(base_url=url, headers=DEVICE, timeout=60) as app,
    ):
        process = _find_listener(url)
        uploaded = upload(app, photo)
        picture = uploaded["cartoon"]["imageUrl"]
        original = uploaded["original"]["id"]
        for what, call, times in (
            ("upload, 12 MP", partial(upload, app, photo), rounds),
            ("regenerate", partial(_ask, app, "POST", f"/api/regenerate/{original}"), rounds),
            ("list of 50", partial(_ask, app, "GET", "/api/originals?limit=50"), 5 * rounds),
            ("cartoon sent", partial(_ask, app, "GET", picture), 5 * rounds),
            ("thumbnail sent", partial(_ask, app, "GET", f"{picture}&w={_WIDTH}"), 5 * rounds),
        ):
            call()
            yield summarise(what, [_count_processor(process, call, times) for _ in range(_TURNS)])


def _ask(app: httpx.Client, method: str, url: str) -> None:
    app.request(method, url).raise_for_status()


def _find_listener(url: str) -> psutil.Process:
    port = int(url.rpartition(":")[2])
    for child in psutil.Process().children(recursive=True):
        if any(
            each.laddr.port == port for each in child.net_connections(kind="tcp") if each.status == "LISTEN"
        ):
            return child
    raise AssertionError(url)


def _count_processor(process: psutil.Process, call: Callable[[], object], times: int) -> float:
    """Milliseconds for each call, of the process and all that it started."""
    before = _sum_processor(process)
    for _ in range(times):
        call()
    return (_sum_processor(process) - before) / times * 1000


def _sum_processor(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(each.cpu_times().user + each.cpu_times().system for each in family)


if __name__ == "__main__":
    main()

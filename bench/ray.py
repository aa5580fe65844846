"""`make bench-ray`: what Ray adds to a request, and what a second replica brings.

Two nodes on this machine, one processor each. A plain studio and one on Ray are asked in turn, so that the
machine's moods meet both alike.
"""

import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import click
import httpx

from bench.pictures import WORKING_SIZE, make_photo
from bench.services import running_studio
from bench.timing import Row, print_table, summarise
from tests.acceptance.running import find_free_port
from tests.ray.cluster import Cluster, running_cluster, running_studio_on
from toonbooth.contract import GENERATE_CARTOON_PATH, STYLES_PATH

_CLIENTS: Final = 4


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Requests without a drawing, to each studio.")
@click.option("--drawings", default=40, show_default=True, help="Drawings for each throughput.")
def main(rounds: int, drawings: int) -> None:
    """Measure the time that Ray adds, and throughput with one and two replicas."""
    photo = make_photo(WORKING_SIZE)
    with tempfile.TemporaryDirectory() as folder, running_cluster() as cluster:
        log = Path(folder) / "studio.log"
        print_table("Ray Serve on two nodes", _measure(cluster, log, photo, rounds, drawings))


def _measure(cluster: Cluster, log: Path, photo: bytes, rounds: int, drawings: int) -> Generator[Row]:
    url, one = _settings(replicas=1)
    with running_studio_on(cluster, log, **one):
        with running_studio(STUDIO_WORKERS="1") as plain_url:
            yield from _compare(plain_url, url, photo, rounds)
        first = _draw_many(url, photo, drawings)
    yield summarise("drawings a second, one replica", [first], unit="/s")
    url, two = _settings(replicas=2)
    with running_studio_on(cluster, log, **two):
        second = _draw_many(url, photo, drawings)
    yield summarise("drawings a second, two replicas", [second], unit="/s")
    yield summarise("two replicas against one", [second / first], unit="times")


def _settings(*, replicas: int) -> tuple[str, dict[str, str]]:
    port = find_free_port()
    settings = {
        "STUDIO_PORT": str(port),
        "STUDIO_WORKERS": "1",
        "STUDIO_MAX_WAIT_SECONDS": "300",  # nobody is refused, however slow the machine is
        "STUDIO_RAY_MIN_REPLICAS": str(replicas),
        "STUDIO_RAY_MAX_REPLICAS": str(replicas),
    }
    return f"http://127.0.0.1:{port}", settings


def _compare(plain_url: str, ray_url: str, photo: bytes, rounds: int) -> Generator[Row]:
    """Requests that need no worker: what is left is the way there and back."""
    with httpx.Client(base_url=plain_url) as plain, httpx.Client(base_url=ray_url) as ray:
        yield from _time_both("GET /styles", plain, ray, _list_styles, rounds)
        refused = partial(_have_refused, photo=photo)
        yield from _time_both(f"POST of {len(photo) // 1000} KB, refused", plain, ray, refused, rounds)


def _time_both(
    what: str, plain: httpx.Client, ray: httpx.Client, ask: Callable[[httpx.Client], None], rounds: int
) -> Generator[Row]:
    milliseconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for client, each in zip((plain, ray), milliseconds, strict=True):
            began = time.perf_counter()
            ask(client)
            each.append((time.perf_counter() - began) * 1000)
    plainly, on_ray = (summarise(what, each[5:]) for each in milliseconds)
    yield summarise(f"{what}: plain", milliseconds[0][5:])
    yield summarise(f"{what}: on Ray", milliseconds[1][5:])
    yield summarise(f"{what}: Ray adds", [on_ray.median - plainly.median], limit="15 ms")


def _list_styles(studio: httpx.Client) -> None:
    studio.get(STYLES_PATH).raise_for_status()


def _have_refused(studio: httpx.Client, photo: bytes) -> None:
    """The photo arrives wholly before its style is found to be none."""
    reply = studio.post(GENERATE_CARTOON_PATH, files={"image": photo}, data={"style": "none-of-ours"})
    assert reply.json()["code"] == "unknown_style", reply.text


def _draw_many(url: str, photo: bytes, drawings: int) -> float:
    """Drawings a second while some clients ask all the time."""

    def draw(number: int) -> None:
        data = {"style": "comic", "seed": str(number)}
        httpx.post(
            f"{url}{GENERATE_CARTOON_PATH}", files={"image": photo}, data=data, timeout=300
        ).raise_for_status()

    with ThreadPoolExecutor(_CLIENTS) as clients:
        list(clients.map(draw, range(_CLIENTS)))  # so that all are warm
        began = time.perf_counter()
        list(clients.map(draw, range(drawings)))
    return drawings / (time.perf_counter() - began)


if __name__ == "__main__":
    main()

"""`make bench`: prints what a cartoon costs, on one core and on two."""

import os
import sys
import tempfile
import time
from pathlib import Path

import click

from bench.delivery import measure_events, measure_grid
from bench.growth import SIDES, measure_growth
from bench.pictures import TWELVE_MEGAPIXELS, WORKING_SIZE, make_photo
from bench.services import (
    measure_gallery_alone,
    measure_health_under_load,
    measure_memory,
    measure_whole_calls,
)
from bench.stages import measure_stages
from bench.styles import measure_styles, measure_two_at_once
from bench.timing import pinned_to, print_table
from toonbooth.kit.freed_memory import KEPT

PARTS = ("stages", "styles", "growth", "calls", "gallery", "grid", "events", "memory", "health")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--rounds", default=15, show_default=True, help="Timed calls per line.")
@click.option("--heic", type=click.Path(path_type=Path, exists=True), help="Also measure this HEIC photo.")
@click.option(
    "--network",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The manifest of a neural style (docs/styles.md) to measure beside ours.",
)
@click.option("--cpu-time", is_flag=True, help="For the styles on one core: on a machine that others use.")
def main(
    parts: tuple[str, ...], rounds: int, heic: Path | None, network: Path | None, *, cpu_time: bool
) -> None:
    """Measure PARTS, or everything."""
    photos = {"12 MP JPEG": make_photo(TWELVE_MEGAPIXELS), "1080 px JPEG": make_photo(WORKING_SIZE)}
    if heic:
        photos[heic.name] = heic.read_bytes()
    wanted = parts or PARTS
    with tempfile.TemporaryDirectory() as folder:
        for cores in (1, 2):
            with pinned_to(cores):
                if "stages" in wanted:
                    rows = measure_stages(photos, threads=cores, rounds=rounds)
                    print_table(f"Stages, {cores} core(s)", rows)
                if "styles" in wanted:
                    clock = time.process_time if cpu_time and cores == 1 else time.perf_counter
                    rows = measure_styles(
                        photos["12 MP JPEG"], network=network, threads=cores, rounds=rounds, clock=clock
                    )
                    print_table(f"Styles, 1080 × 810 pixels, {cores} core(s)", rows)
                if "calls" in wanted:
                    rows = measure_whole_calls(Path(folder) / f"calls-{cores}", photos, rounds=rounds)
                    print_table(f"Whole calls, {cores} core(s), client included", rows)
                if "gallery" in wanted:
                    rows = measure_gallery_alone(
                        Path(folder) / f"gallery-{cores}", make_photo((720, 540)), rounds=rounds
                    )
                    print_table(f"The gallery alone, {cores} core(s), client included", rows)
        if "styles" in wanted:
            with pinned_to(2):
                rows = measure_two_at_once(photos["12 MP JPEG"], rounds=rounds)
                print_table("Two cartoons at once, 2 cores", rows)
        if "growth" in wanted:
            with pinned_to(1):
                largest = make_photo((SIDES[-1], SIDES[-1] * 3 // 4))
                print_table("Larger pictures, 1 core", measure_growth(largest))
        if "grid" in wanted:
            print_table("Thumbnails over six connections", measure_grid(Path(folder) / "grid"))
        if "events" in wanted:
            rows = measure_events(Path(folder) / "events", photos["12 MP JPEG"], rounds=rounds)
            print_table("Jobs, client included", rows)
        if "memory" in wanted:
            print_table("Memory, sum of PSS", measure_memory(Path(folder) / "memory", photos))
        if "health" in wanted:
            print_table("Health", measure_health_under_load(Path(folder) / "health", photos["12 MP JPEG"]))


if __name__ == "__main__":
    if not KEPT.keys() <= os.environ.keys():
        # Pictures are drawn here as workers draw them, and the C library is told when a process begins.
        os.execve(sys.executable, sys.orig_argv, {**os.environ, **KEPT})
    for name in KEPT:
        # The services that are measured look after themselves.
        del os.environ[name]
    main()

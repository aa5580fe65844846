"""`make bench`: prints what a cartoon costs, on one core and on two."""

import tempfile
from pathlib import Path

import click

from bench.pictures import TWELVE_MEGAPIXELS, WORKING_SIZE, make_photo
from bench.services import (
    measure_gallery_alone,
    measure_health_under_load,
    measure_memory,
    measure_whole_calls,
)
from bench.stages import measure_stages
from bench.timing import pinned_to, print_table

PARTS = ("stages", "calls", "gallery", "memory", "health")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--rounds", default=15, show_default=True, help="Timed calls per line.")
@click.option("--heic", type=click.Path(path_type=Path, exists=True), help="Also measure this HEIC photo.")
def main(parts: tuple[str, ...], rounds: int, heic: Path | None) -> None:
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
                if "calls" in wanted:
                    rows = measure_whole_calls(Path(folder) / f"calls-{cores}", photos, rounds=rounds)
                    print_table(f"Whole calls, {cores} core(s), client included", rows)
                if "gallery" in wanted:
                    rows = measure_gallery_alone(
                        Path(folder) / f"gallery-{cores}", make_photo((720, 540)), rounds=rounds
                    )
                    print_table(f"The gallery alone, {cores} core(s), client included", rows)
        if "memory" in wanted:
            print_table("Memory, sum of PSS", measure_memory(Path(folder) / "memory", photos))
        if "health" in wanted:
            print_table("Health", measure_health_under_load(Path(folder) / "health", photos["12 MP JPEG"]))


if __name__ == "__main__":
    main()

"""`python -m bench.scaling`: what so many devices need, worked out line by line from what was measured.

The tables of docs/scaling.md are its output (`make scaling`); every assumption is an option, so that an
operator can put in other numbers.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

from bench.assumptions import Measured, Prices, Use
from bench.figures import Figure, Sheet, number, round_up
from bench.queueing import Promise, count_workers_by_erlang, draw_arrivals, simulate_waits

PAGE: Final = Path(__file__).parents[1] / "docs" / "scaling.md"

_MONTH_SECONDS: Final = 365.25 / 12 * 86_400
_MONTH_HOURS: Final = number(_MONTH_SECONDS / 3600)
_HOURS: Final = 24
_STRETCH_SECONDS: Final = 600.0
"""What the simulated day takes of each hour: rates as in that hour, a sixth of the requests."""
_GIGABYTE: Final = 1e9
_SEED: Final = 1


@dataclass(frozen=True)
class Load:
    """What arrives: a month's mean and the busiest hour's rate, each second."""

    uploads_month: Figure
    uploads: Figure
    peak_uploads: Figure
    drawings: Figure
    peak_drawings: Figure
    peak_downloads: Figure


def work_out(use: Use, prices: Prices, measured: Measured) -> list[Sheet]:
    """All tables, in the page's order."""
    load_sheet, load = _work_out_load(use)
    studio_sheet, studio_hours = _work_out_studio(use, measured, load)
    gallery_sheet, gallery_hours = _work_out_galleries(use, measured, load)
    database_sheet, database_bytes = _work_out_database(use, measured, load)
    bucket_sheet, bucket_bytes = _work_out_bucket(use, measured, load)
    network_sheet, bytes_sent = _work_out_network(use, measured, load)
    amounts = (
        ("core hours, studio", studio_hours, prices.core_hour),
        ("core hours, galleries", gallery_hours, prices.core_hour),
        ("GB of database", database_bytes, prices.database_gigabyte_month),
        ("GB in the bucket", bucket_bytes, prices.bucket_gigabyte_month),
        ("GB sent to phones", bytes_sent, prices.gigabyte_sent),
        (
            "thousands of writes to the bucket",
            load.uploads_month * number(1 + use.drawings + use.downloads) / number(1000),
            prices.thousand_writes,
        ),
        (
            "thousands of reads from the bucket",
            load.uploads_month * number(use.pictures) / number(1000),
            prices.thousand_reads,
        ),
    )
    cost_sheet = Sheet("Cost of a month")
    total = _add_up([cost_sheet.line(what, amount * number(price)) for what, amount, price in amounts])
    total = cost_sheet.line("all of these", total)
    cost_sheet.line("for 1,000 devices", total / number(use.devices) * number(1000))
    return [
        load_sheet, studio_sheet, gallery_sheet, database_sheet, bucket_sheet, network_sheet, cost_sheet,
    ]  # fmt: skip


def _work_out_load(use: Use) -> tuple[Sheet, Load]:
    sheet = Sheet("Load")
    devices = sheet.line("devices", number(use.devices))
    month = sheet.line("uploads", devices * number(use.uploads), "a month")
    uploads = sheet.line("uploads, mean", month / number(_MONTH_SECONDS), "/s")
    peak = sheet.line("uploads, busiest hour", uploads * number(use.peak), "/s")
    return sheet, Load(
        uploads_month=month,
        uploads=uploads,
        peak_uploads=peak,
        drawings=sheet.line("drawings, mean", uploads * number(use.drawings), "/s"),
        peak_drawings=sheet.line("drawings, busiest hour", peak * number(use.drawings), "/s"),
        peak_downloads=sheet.line("faces cut, busiest hour", peak * number(use.downloads), "/s"),
    )


def _work_out_studio(use: Use, measured: Measured, load: Load) -> tuple[Sheet, Figure]:
    sheet = Sheet("Studio")
    seconds = sheet.line(
        "a drawing, mean of the styles",
        _add_up([number(share) * number(seconds) for _, share, seconds in measured.styles]),
        "s of a core",
    )
    cut = number(measured.cut_seconds)
    busy = sheet.line(
        "cores busy in the busiest hour", load.peak_drawings * seconds + load.peak_downloads * cut
    )
    simulated = Simulation(use, measured, load)
    promise = Promise(use.promised_share, use.promised_seconds)
    requests = load.peak_drawings.value + load.peak_downloads.value
    erlang = count_workers_by_erlang(requests, busy.value / requests, promise)
    sheet.line("workers by Erlang's C formula, one line", number(erlang))
    sheet.line("workers simulated, one line", number(simulated.count_workers(erlang)))
    each = int(use.studio_cores)
    studios = simulated.count_studios(math.ceil(erlang / each), each)
    needed = sheet.line(f"studios of {each} workers simulated, each with a line of its own", number(studios))
    machines = sheet.line("studios, one more than needed", needed + number(1))
    sheet.line(
        "memory of each",
        number(measured.studio_parent_bytes / _GIGABYTE)
        + number(use.studio_cores) * number(measured.studio_worker_bytes / _GIGABYTE),
        "GB",
    )
    hours = sheet.line("core hours, always on", machines * number(each) * _MONTH_HOURS, "a month")
    sheet.line(
        "core hours really drawing",
        (load.drawings * seconds + load.uploads * number(use.downloads) * cut) * _MONTH_HOURS,
        "a month",
    )
    return sheet, hours


def _work_out_galleries(use: Use, measured: Measured, load: Load) -> tuple[Sheet, Figure]:
    sheet = Sheet("Galleries")
    more_drawings = number(use.drawings - 1 + use.downloads)
    each = sheet.line(
        "for an upload and all that follows it",
        _add_up(
            [
                number(measured.upload_core_seconds),
                more_drawings * number(measured.regenerate_core_seconds),
                number(use.lists) * number(measured.list_core_seconds),
                number(use.pictures) * number(measured.picture_core_seconds),
                number(use.thumbnails) * number(measured.thumbnail_core_seconds),
            ]
        ),
        "s of a core",
    )
    busy = sheet.line("cores busy in the busiest hour", load.peak_uploads * each)
    cores = number(use.gallery_cores)
    needed = sheet.line(
        f"machines of {use.gallery_cores:g} cores, {use.busy:.0%} busy",
        round_up(busy / (cores * number(use.busy))),
    )
    machines = sheet.line("machines, one more than needed", needed + number(1))
    sheet.line(
        "memory of each, without what conversions take", cores * number(measured.gallery_bytes / 1e9), "GB"
    )
    sheet.line("connections to the database", machines * cores * number(10))
    return sheet, sheet.line("core hours", machines * cores * _MONTH_HOURS, "a month")


def _work_out_database(use: Use, measured: Measured, load: Load) -> tuple[Sheet, Figure]:
    sheet = Sheet("Database")
    months = number(12 * use.years)
    originals = sheet.line("rows of originals", load.uploads_month * months)
    faces = sheet.line("rows of faces", originals * number(use.downloads))
    cartoons = sheet.line(
        "rows of cartoons, were none downloaded", load.drawings * number(3600 * use.cartoon_hours)
    )
    answers = sheet.line(
        "rows of answers, a day's", load.uploads * number(use.drawings + use.downloads) * number(86_400)
    )
    parts = [
        sheet.line(what, rows * number(size) / number(_GIGABYTE), "GB")
        for what, rows, size in (
            ("devices", number(use.devices), measured.device_row),
            ("originals", originals, measured.original_row),
            ("faces", faces, measured.face_row),
            ("cartoons", cartoons, measured.cartoon_row),
            ("answers", answers, measured.answer_row),
        )
    ]
    size = sheet.line(
        "all, half as much again for what vacuum has yet to find", _add_up(parts) * number(1.5), "GB"
    )
    sheet.line(
        "uploads written, of what one process could", load.peak_uploads / number(measured.uploads_written)
    )
    return sheet, size


def _work_out_bucket(use: Use, measured: Measured, load: Load) -> tuple[Sheet, Figure]:
    sheet = Sheet("Bucket")
    kept = load.uploads_month * number(12 * use.years)
    photos = sheet.line("photos", kept * number(measured.photo_bytes) / number(_GIGABYTE), "GB")
    faces = sheet.line(
        "faces", kept * number(use.downloads) * number(measured.face_bytes) / number(_GIGABYTE), "GB"
    )
    waiting = load.drawings * number(3600 * use.cartoon_hours)
    cartoons = sheet.line("cartoons", waiting * number(measured.cartoon_bytes) / number(_GIGABYTE), "GB")
    size = sheet.line("all", photos + faces + cartoons, "GB")
    objects = sheet.line("objects", kept * number(1 + use.downloads) + waiting)
    sheet.line("writes, busiest hour", load.peak_uploads * number(1 + use.drawings + use.downloads), "/s")
    sheet.line("reads, busiest hour", load.peak_uploads * number(use.pictures), "/s")
    sheet.line("a sweep of all names", objects / number(measured.names_swept) / number(3600), "h")
    return sheet, size


def _work_out_network(use: Use, measured: Measured, load: Load) -> tuple[Sheet, Figure]:
    sheet = Sheet("Network")
    megabit = number(1e6 / 8)
    sent = sheet.line(
        "sent to a phone for an upload",
        number(use.pictures) * number(measured.cartoon_bytes)
        + number(use.thumbnails) * number(measured.thumbnail_bytes),
        "bytes",
    )
    photos = sheet.line(
        "photos in, busiest hour", load.peak_uploads * number(measured.photo_bytes) / megabit, "Mbit/s"
    )
    sheet.line(
        "photos on to the bucket and, for each drawing, to the studio",
        photos * number(1 + use.drawings),
        "Mbit/s",
    )
    sheet.line("pictures out, busiest hour", load.peak_uploads * sent / megabit, "Mbit/s")
    month = load.uploads_month * sent / number(_GIGABYTE)
    return sheet, sheet.line("pictures out", month, "GB a month")


class Simulation:
    """A day of drawings and cuts: Poisson arrivals whose rate has one peak, and the times of the styles."""

    def __init__(self, use: Use, measured: Measured, load: Load) -> None:
        self._use = use
        rng = np.random.default_rng(_SEED)
        mean = load.drawings.value + load.uploads.value * use.downloads
        shape = shape_day(use.peak)
        self._arrivals = draw_arrivals(
            [mean * each for each in shape], seconds_each=_STRETCH_SECONDS, rng=rng
        )
        cuts = use.downloads / (use.drawings + use.downloads)
        shares = [share * (1 - cuts) for _, share, _ in measured.styles]
        seconds = [seconds for _, _, seconds in measured.styles]
        self._services = rng.choice(
            [*seconds, measured.cut_seconds], size=len(self._arrivals), p=[*shares, cuts]
        )
        self._choices = rng.random(len(self._arrivals))
        busiest = float(np.argmax(shape)) * _STRETCH_SECONDS
        self._is_counted = (self._arrivals >= busiest) & (self._arrivals < busiest + _STRETCH_SECONDS)

    def count_workers(self, guess: int) -> int:
        """The fewest workers on one line that keep the promise."""
        return self._search(guess, lambda count: (np.zeros(len(self._arrivals), np.int64), count))

    def count_studios(self, guess: int, workers: int) -> int:
        """The fewest studios of so many workers, when each request goes to any of them."""
        return self._search(guess, lambda count: ((self._choices * count).astype(np.int64), workers))

    def _search(self, guess: int, arrange: Callable[[int], tuple[NDArray[np.int64], int]]) -> int:
        count = max(1, guess)
        while not self._is_kept(*arrange(count)):
            count += 1
        while count > 1 and self._is_kept(*arrange(count - 1)):
            count -= 1
        return count

    def _is_kept(self, lines: NDArray[np.int64], workers: int) -> bool:
        waits = simulate_waits(self._arrivals, self._services, lines=lines, workers=workers)
        in_time = waits[self._is_counted] <= self._use.promised_seconds
        return float(np.mean(in_time)) >= self._use.promised_share


def shape_day(peak: float) -> list[float]:
    """How busy each hour is, with a mean of 1 and one evening's peak of `peak`."""
    angles = np.arange(_HOURS) * 2 * np.pi / _HOURS
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        weights = np.exp(middle * (np.cos(angles) - 1))
        low, high = (middle, high) if weights.max() / weights.mean() < peak else (low, middle)
    weights = np.exp(low * (np.cos(angles - angles[20]) - 1))
    return list((weights / weights.mean()).tolist())


def render_page(page: str) -> str:
    """The page with its tables written anew; everything else stays.

    Raises
    ------
    ValueError
        When a table has no place on it.
    """
    for sheet in work_out(Use(), Prices(), Measured()):
        rendered = sheet.render()
        pattern = rf"\*\*{sheet.title}\*\*\n\n(?:\|.*\n)+"
        page, count = re.subn(pattern, lambda _, text=rendered: f"{text}\n", page)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"{sheet.title} stands {count} times on the page")
    return page


def _add_up(figures: list[Figure]) -> Figure:
    total = figures[0]
    for figure in figures[1:]:
        total += figure
    return total


def _answer(*, write: bool, **given: float) -> None:
    if write:
        PAGE.write_text(render_page(PAGE.read_text()))
        return
    use = Use(**{each.name: given[each.name] for each in fields(Use)})
    prices = Prices(**{each.name: given[each.name] for each in fields(Prices)})
    for sheet in work_out(use, prices, Measured()):
        click.echo(f"{sheet.render()}\n")


main: Final = click.Command(
    "scaling",
    help="Print what so many devices need; docs/scaling.md says what each assumption means.",
    callback=_answer,
    params=[
        click.Option(["--write"], is_flag=True, help="Write the tables of docs/scaling.md anew instead."),
        *(
            click.Option([f"--{each.name.replace('_', '-')}"], default=each.default, show_default=True)
            for kind in (Use, Prices)
            for each in fields(kind)
        ),
    ],
)

if __name__ == "__main__":
    main()

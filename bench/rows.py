"""`python -m bench.rows`: what rows cost in PostgreSQL: bytes, inserts, vacuum, and a table in partitions.

What docs/scaling.md calculates with: `bench.scaling` has the figures of such a run.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from bson import ObjectId

from bench.timing import Row, print_table
from tests.databases import PostgresqlDatabases
from tests.integration.gallery.records import FACES, make_device
from tests.postgresql_server import PostgresqlServer, running_postgresql
from toonbooth.gallery.database.repositories import (
    CartoonRepository,
    DeviceRepository,
    OriginalRepository,
)
from toonbooth.gallery.database.transactions import open_database

TABLES: Final = ("devices", "originals", "regenerated_cartoons", "downloaded_faces", "idempotent_answers")
PARTITIONS: Final = 16
_WRITERS: Final = 8
_ANSWER_CHARACTERS: Final = 900
"""The answer to an upload."""

_MOMENT: Final = "timestamptz '2026-01-01' + number * interval '10 milliseconds'"
_ID: Final = "lpad(to_hex(1767225600 + number / 100), 8, '0') || substr(md5(number::text), 1, 16)"
"""As ObjectIds are: growing with time, and otherwise random."""
_DEVICE: Final = "encode(sha256(({})::text::bytea), 'hex')"
_OWNER: Final = _DEVICE.format("(number::bigint * 7919) % {devices}")
_ANSWER_COLUMNS: Final = "device, route, key, fingerprint, claim, leased_until, status, body, created_at"
_FACES: Final = """'[{"box": [0.25, 0.1, 0.5, 0.5], "score": 0.875}]'"""


@click.command()
@click.option("--steps", default=(1_000_000, 2_000_000), multiple=True, type=int, show_default=True)
@click.option("--seconds", default=10.0, show_default=True, help="How long uploads' rows are written.")
def main(steps: tuple[int, ...], seconds: float) -> None:
    """Fill the gallery's tables with so many originals and as many cartoons, step by step."""
    with tempfile.TemporaryDirectory() as folder, running_postgresql(durable=True) as server:
        url = PostgresqlDatabases(server).make_migrated(Path(folder))
        database = Crowd(server, url.rpartition("/")[2], devices=max(steps) // 10)
        database.ask(
            f"INSERT INTO devices SELECT {_DEVICE.format('number')}, now(), now() FROM "
            f"generate_series(0, {database.devices - 1}) number"
        )
        rows = 0
        for step in steps:
            began = time.perf_counter()
            database.fill(rows, step)
            rows = step
            print(f"\n{rows:,} originals ({time.perf_counter() - began:.0f} s)")
            print_table("Bytes for each row", database.measure_bytes())
            print_table(
                "Uploads' rows written (device, original, cartoon)",
                [asyncio.run(write_uploads(url, seconds, writers)) for writers in (1, _WRITERS)],
            )
        print_table("Housekeeping", database.measure_vacuum())
        print_table(f"A table in {PARTITIONS} partitions", database.measure_partitions())


class Crowd:
    """A database with rows of many devices, seen from behind the gallery's back."""

    def __init__(self, server: PostgresqlServer, name: str, *, devices: int) -> None:
        self._server = server
        self._name = name
        self.devices = devices

    def ask(self, statement: str) -> list[str]:
        return self._server.ask(self._name, statement, seconds=1800)

    def fill(self, start: int, stop: int) -> None:
        """Add originals, each with a cartoon, a downloaded face and a kept answer."""
        owner = _OWNER.format(devices=self.devices)
        milliseconds = "(1767225600000 + number * 10)"
        of_an_upload = f"'originals/' || {milliseconds} || '_' || substr(md5(number::text), 1, 8) || '.jpg'"
        fingerprint = "encode(sha256(number::text::bytea), 'hex')"
        key = "gen_random_uuid()::text"
        body = f"repeat(md5(number::text), {_ANSWER_CHARACTERS // 32})"
        of_an_original = f"{_ID}, {_ID}, {owner}, '{{}}/' || {milliseconds} || '_' || {_ID} || '.jpg'"
        for columns, values in (
            (
                "originals (id, device, key, media_type, file_size, downloads, created_at)",
                f"{_ID}, {owner}, {of_an_upload}, 'image/jpeg', 250000, 0, {_MOMENT}",
            ),
            (
                "regenerated_cartoons (id, original_id, device, key, style, seed, faces, created_at)",
                f"{of_an_original.format('temp')}, 'comic', number, {_FACES}, {_MOMENT}",
            ),
            (
                "downloaded_faces (id, original_id, device, key, media_type, file_size, created_at)",
                f"{of_an_original.format('downloaded')}, 'image/jpeg', 90000, {_MOMENT}",
            ),
            (
                f"idempotent_answers ({_ANSWER_COLUMNS})",
                f"{owner}, 'upload', {key}, {fingerprint}, {_ID}, {_MOMENT}, 200, {body}, {_MOMENT}",
            ),
        ):
            self.ask(
                f"INSERT INTO {columns} SELECT {values} FROM generate_series({start}, {stop - 1}) number"
            )
        self.ask("VACUUM ANALYZE")

    def measure_bytes(self) -> Iterator[Row]:
        for table in TABLES:
            ((size, indexes, rows),) = [
                tuple(map(int, line.split("|")))
                for line in self.ask(
                    f"SELECT pg_table_size('{table}'), pg_indexes_size('{table}'), count(*) FROM {table}"
                )
            ]
            for what, figure in ((f"{table}, row", size / rows), (f"{table}, indexes", indexes / rows)):
                yield Row(what, figure, figure, figure, "bytes")

    def measure_vacuum(self) -> Iterator[Row]:
        """What the sweeper leaves: a tenth of the cartoons and of the answers are gone."""
        for table in ("regenerated_cartoons", "idempotent_answers"):
            with timed(f"delete a tenth of {table}") as taken:
                self.ask(
                    f"DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} TABLESAMPLE BERNOULLI (10))"
                )
            yield from taken
            with timed(f"vacuum {table}") as taken:
                self.ask(f"VACUUM {table}")
            yield from taken
        with timed("vacuum originals, where nothing is gone") as taken:
            self.ask("VACUUM originals")
        yield from taken

    def measure_partitions(self) -> Iterator[Row]:
        """The same originals by hash of their device: what the gallery's queries cost there and here."""
        parts = "".join(
            f"CREATE TABLE parts_{each} PARTITION OF parts "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {each});"
            for each in range(PARTITIONS)
        )
        self.ask(
            "CREATE TABLE parts (LIKE originals INCLUDING DEFAULTS, PRIMARY KEY (device, id)) "
            f"PARTITION BY HASH (device); {parts} "
            "CREATE INDEX ON parts (device, created_at, id); CREATE INDEX ON parts (key)"
        )
        with timed("copy the originals over") as taken:
            self.ask("INSERT INTO parts SELECT * FROM originals")
        yield from taken
        self.ask("VACUUM ANALYZE parts")
        device, key = self.ask("SELECT device, key FROM originals OFFSET 1000 LIMIT 1")[0].split("|")
        for name, where in (
            ("list of 50", f"WHERE device = '{device}' ORDER BY created_at DESC, id DESC LIMIT 50"),
            ("one by its key", f"WHERE key = '{key}'"),
        ):
            for table in ("originals", "parts"):
                plan, milliseconds = self._explain(f"SELECT * FROM {table} {where}")
                scanned = {
                    each for line in plan for each in re.findall(r"Scan.* on (?!ix_|parts_\d+_)(\w+)", line)
                }
                yield Row(
                    f"{name}, {table}: {len(scanned)} table(s)",
                    milliseconds,
                    milliseconds,
                    milliseconds,
                    "ms",
                )

    def _explain(self, query: str) -> tuple[list[str], float]:
        """The plan, and what planning and running take together, at best of a few."""
        explain = f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY ON) {query}"
        plans = [self.ask(explain) for _ in range(5)]
        milliseconds = [sum(map(float, re.findall(r"Time: ([\d.]+) ms", "\n".join(plan)))) for plan in plans]
        return plans[-1], min(milliseconds)


@contextmanager
def timed(what: str) -> Iterator[list[Row]]:
    rows: list[Row] = []
    began = time.perf_counter()
    yield rows
    seconds = time.perf_counter() - began
    rows.append(Row(what, seconds, seconds, seconds, "s"))


async def write_uploads(url: str, seconds: float, writers: int) -> Row:
    """The rows of uploads, in the gallery's own transactions, flushed to disk."""
    ends = time.perf_counter() + seconds
    done = 0

    async with await open_database(url) as database:

        async def write() -> None:
            nonlocal done
            while time.perf_counter() < ends:
                now = datetime.now(UTC).replace(microsecond=0)
                device, original_id, cartoon_id = make_device(), ObjectId(), ObjectId()
                async with database.transaction() as session:
                    await DeviceRepository(session, device).register(now=now)
                    original = await OriginalRepository(session, device).add(
                        original_id=original_id,
                        key=f"originals/{original_id}.jpg",
                        media_type="image/jpeg",
                        file_size=250_000,
                        now=now,
                    )
                    await CartoonRepository(session, device).add(
                        original,
                        cartoon_id=cartoon_id,
                        key=f"temp/{cartoon_id}.jpg",
                        style="comic",
                        seed=7,
                        faces=FACES,
                        now=now,
                    )
                done += 1

        await asyncio.gather(*(write() for _ in range(writers)))
    rate = done / seconds
    return Row(f"{writers} writer(s) of one process", rate, rate, rate, "/s")


if __name__ == "__main__":
    main()

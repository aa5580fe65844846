"""What `bench.scaling` starts from: what people are assumed to do, example prices, and what was measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """What is assumed of the people who use an app. Change it to what yours do."""

    devices: float = 10_000_000
    uploads: float = 1.0
    """By each device in a month."""
    drawings: float = 3.0
    """For each upload, its own among them."""
    downloads: float = 0.6
    """Faces kept, for each upload."""
    lists: float = 10.0
    """Lists opened, for each upload."""
    pictures: float = 8.0
    """Pictures opened at full size, for each upload."""
    thumbnails: float = 30.0
    """Smaller versions opened, for each upload."""
    peak: float = 3.0
    """The busiest hour of the day over the mean."""
    years: float = 2.0
    """How long photos and faces are kept."""
    cartoon_hours: float = 72.0
    """GALLERY_TEMP_TTL_HOURS."""
    promised_share: float = 0.99
    """This share of the drawings in the busiest hour ..."""
    promised_seconds: float = 1.0
    """... waits no longer for a worker."""
    studio_cores: float = 8.0
    gallery_cores: float = 4.0
    busy: float = 0.6
    """How busy a gallery's cores may be in the busiest hour."""


@dataclass(frozen=True)
class Prices:
    """An example, of no provider: put in your own, in whatever money you pay with."""

    core_hour: float = 0.04
    database_gigabyte_month: float = 0.12
    bucket_gigabyte_month: float = 0.02
    gigabyte_sent: float = 0.08
    thousand_writes: float = 0.005
    thousand_reads: float = 0.0004


@dataclass(frozen=True)
class Measured:
    """From runs of 2026-11-26, two cores. Times that are marked so: on a busy machine, so rather too long."""

    styles: tuple[tuple[str, float, float], ...] = (
        ("comic", 0.5, 0.226),
        ("avatar", 0.1, 0.250),
        ("flat", 0.1, 0.368),
        ("painted", 0.1, 0.316),
        ("pop", 0.1, 0.411),
        ("sketch", 0.1, 0.368),
    )
    """A style, its share of the drawings (assumed: `comic` is the default), seconds of one core from a photo
    of 12 MP to the cartoon's file (make bench)."""
    cut_seconds: float = 0.060

    upload_core_seconds: float = 0.069
    regenerate_core_seconds: float = 0.039
    list_core_seconds: float = 0.0091
    picture_core_seconds: float = 0.0039
    thumbnail_core_seconds: float = 0.0027
    """What a gallery takes for each (python -m bench.costs, busy)."""

    photo_bytes: float = 3_100_000
    cartoon_bytes: float = 163_000
    face_bytes: float = 37_000
    thumbnail_bytes: float = 13_600
    """make bench's photo of 12 MP, its comic, the face cut from it, w=320 (python -m bench.costs)."""

    device_row: float = 248
    original_row: float = 540
    cartoon_row: float = 628
    face_row: float = 639
    answer_row: float = 1521
    """Bytes of a row and its indexes in PostgreSQL 18, of two million (python -m bench.rows)."""
    uploads_written: float = 40.0
    """Uploads' rows a second by eight writers of one process, on the disk (python -m bench.rows, busy)."""

    names_swept: float = 3000.0
    """Names of files a second that a sweep looks through, in a bucket (busy)."""
    gallery_bytes: float = 92e6
    studio_parent_bytes: float = 47e6
    studio_worker_bytes: float = 189e6
    """PSS; a worker's at its most (make bench-scale)."""

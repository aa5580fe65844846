"""The guide's tables (Device, Original, RegeneratedCartoon, DownloadedFace), the answers already given, and
the jobs that nobody waits for, and what is left of rate limits.

`device` is the device's digest everywhere; its id is in no table. Every index serves a query of
`repositories`.
"""

from datetime import datetime
from typing import Final

from bson import ObjectId
from sqlalchemy import (
    CHAR,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from toonbooth.gallery.database.columns import Faces, FacesJson, ObjectIdText, UtcMoment

_DIGEST: Final = CHAR(64)
_KEY_CHARACTERS: Final = 80
"""The longest blob key, `downloaded/` with milliseconds and an id, has 55."""


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcMoment,
        ObjectId: ObjectIdText,
        Faces: FacesJson,
    }


class Device(Table):
    """A device that has uploaded something."""

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)


class Original(Table):
    """A photo as it is stored; kept for good."""

    __tablename__ = "originals"
    __table_args__ = (Index(None, "device", "created_at", "id"),)

    id: Mapped[ObjectId] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(_DIGEST, ForeignKey("devices.id"))
    key: Mapped[str] = mapped_column(String(_KEY_CHARACTERS), unique=True)
    media_type: Mapped[str] = mapped_column(String(32))
    file_size: Mapped[int] = mapped_column(Integer)
    downloads: Mapped[int] = mapped_column(Integer, default=0)
    """Counts the downloads of its cartoons: a drawing begun before the last of them comes too late."""
    created_at: Mapped[datetime]


class RegeneratedCartoon(Table):
    """A drawing of an original; gone as soon as one of the original's cartoons is downloaded."""

    __tablename__ = "regenerated_cartoons"
    __table_args__ = (Index(None, "original_id", "created_at", "id"),)

    id: Mapped[ObjectId] = mapped_column(primary_key=True)
    original_id: Mapped[ObjectId] = mapped_column(ForeignKey("originals.id"))
    device: Mapped[str] = mapped_column(_DIGEST)
    key: Mapped[str] = mapped_column(String(_KEY_CHARACTERS), unique=True)
    style: Mapped[str | None] = mapped_column(String(64))
    seed: Mapped[int | None] = mapped_column(Integer)
    faces: Mapped[Faces | None] = mapped_column(FacesJson)
    created_at: Mapped[datetime] = mapped_column(index=True)


class DownloadedFace(Table):
    """A face cut from a cartoon; kept for good."""

    __tablename__ = "downloaded_faces"
    __table_args__ = (Index(None, "device", "created_at", "id"),)

    id: Mapped[ObjectId] = mapped_column(primary_key=True)
    original_id: Mapped[ObjectId] = mapped_column(ForeignKey("originals.id"), index=True)
    device: Mapped[str] = mapped_column(_DIGEST)
    key: Mapped[str] = mapped_column(String(_KEY_CHARACTERS), unique=True)
    media_type: Mapped[str] = mapped_column(String(32))
    file_size: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]

    original: Mapped[Original] = relationship(lazy="raise", viewonly=True)


class IdempotentAnswer(Table):
    """The answer to a request with an `Idempotency-Key`; without a status while the request still runs."""

    __tablename__ = "idempotent_answers"
    __table_args__ = (Index(None, "device", "created_at"),)

    device: Mapped[str] = mapped_column(_DIGEST, primary_key=True)
    route: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(_DIGEST)
    """SHA-256 of what was asked, so that the same key with other content is noticed."""
    claim: Mapped[ObjectId]
    """Which attempt may write the answer."""
    leased_until: Mapped[datetime]
    """An attempt that hasn't answered or renewed its lease by then has died; the next one may try."""
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Job(Table):
    """An upload or a regeneration whose client doesn't wait for it; kept for a day."""

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("device", "kind", "key"), Index(None, "device", "created_at"))

    id: Mapped[ObjectId] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(_DIGEST)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str | None] = mapped_column(String(255))
    """Its `Idempotency-Key`; taken away when a later job does the same work anew."""
    fingerprint: Mapped[str] = mapped_column(_DIGEST)
    state: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str | None] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(Float)
    queue_position: Mapped[int | None] = mapped_column(Integer)
    preview: Mapped[str | None] = mapped_column(Text)
    """A small picture as a data URL, while the job runs."""
    version: Mapped[int] = mapped_column(Integer)
    """Counts what clients can see changing."""
    leased_until: Mapped[datetime]
    """A job that runs and hasn't renewed its lease by then has lost its process."""
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)
    retry_after_seconds: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]


class RateWindow(Table):
    """How often somebody has asked since a window of a rate limit began, as far as galleries have told."""

    __tablename__ = "rate_windows"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Tells a limit and its subject from others, and nobody who that is."""
    ends_at: Mapped[float] = mapped_column(Float)
    """In seconds of the epoch; the row goes at the next sweep after it."""
    taken: Mapped[int] = mapped_column(Integer)

"""How Python values lie in columns: strict going in, exact coming back, the same in every database."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from bson import ObjectId
from pydantic import TypeAdapter
from sqlalchemy import CHAR, JSON, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from toonbooth.contract import FaceSummary

Faces = tuple[FaceSummary, ...]

_FACES: Final = TypeAdapter(Faces)


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC with milliseconds. A naive one, another zone's or a finer one is a bug, and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is not UTC or value.microsecond % 1000:
            raise ValueError("a moment must be in UTC, in whole milliseconds")
        return value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite has no time zones: what it gives back is naive, and was UTC when it went in.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ObjectIdText(TypeDecorator[ObjectId]):
    """An ObjectId as its 24 hexadecimal digits, which sort as the ids do."""

    impl = CHAR(24)
    cache_ok = True

    def process_bind_param(self, value: ObjectId | None, _dialect: Dialect) -> str | None:
        if value is not None and not isinstance(value, ObjectId):
            raise TypeError("an id must be an ObjectId")
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> ObjectId | None:
        return None if value is None else ObjectId(value)


class FacesJson(TypeDecorator[Faces]):
    """What the studio said about the faces in a cartoon; NULL when it said nothing."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Faces | None, _dialect: Dialect) -> list[dict[str, object]] | None:
        return None if value is None else [asdict(face) for face in value]

    def process_result_value(self, value: object, _dialect: Dialect) -> Faces | None:
        return None if value is None else _FACES.validate_python(value)

import io
import json
import logging

import pytest

from toonbooth.kit.logs import LogFormat, current_request_id, make_handler


def write_line(form: LogFormat, *, error: Exception | None = None, **fields: object) -> str:
    stream = io.StringIO()
    handler = make_handler(form, service="gallery", stream=stream)
    record = logging.getLogger("toonbooth.access").makeRecord(
        "toonbooth.access",
        logging.INFO,
        __file__,
        1,
        "%s is\n%d",
        ("it", 5),
        None if error is None else (type(error), error, error.__traceback__),
        extra=fields,
    )
    token = current_request_id.set("a-request-id")
    try:
        handler.handle(record)
    finally:
        current_request_id.reset(token)
    return stream.getvalue()


def test_text_is_for_people() -> None:
    assert write_line("text").endswith(" INFO toonbooth.access [a-request-id] it is\n5\n")


def test_json_is_one_object_a_line_with_fields_of_its_own() -> None:
    line = write_line("json", route="/api/upload", milliseconds=12)

    assert line.count("\n") == 1
    told = json.loads(line)
    assert told.pop("time")[10] == "T"
    assert told == {
        "level": "INFO",
        "logger": "toonbooth.access",
        "request_id": "a-request-id",
        "message": "it is\n5",
        "service": "gallery",
        "route": "/api/upload",
        "milliseconds": 12,
    }


def test_a_traceback_stays_within_its_line() -> None:
    try:
        int("a bug")
    except ValueError as error:
        line = write_line("json", error=error)

    assert line.count("\n") == 1
    assert "ValueError: invalid literal" in json.loads(line)["exc_info"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_without_a_request_there_is_a_hyphen(form: LogFormat) -> None:
    stream = io.StringIO()
    make_handler(form, service="studio", stream=stream).handle(logging.makeLogRecord({"msg": "up"}))

    assert "[-] up" in stream.getvalue() or json.loads(stream.getvalue())["request_id"] == "-"

"""Log lines on stderr, each with the id of the request that it belongs to."""

import logging
import sys
from contextvars import ContextVar
from typing import Final, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from toonbooth.kit.tracing import find_trace_id

LogFormat = Literal["text", "json"]

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")

# Their lines tell URLs, and with them file names and signatures, or each step of a start.
_CHATTY: Final = ("httpx", "httpcore", "uvicorn", "aiosqlite", "alembic", "PIL", "urllib3")


def configure_logs(level: str, form: LogFormat, *, service: str) -> None:
    """Send the process' log lines to stderr. Call once, in `cli`."""
    handler = make_handler(form, service=service, stream=sys.stderr)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its warnings are about what clients send, and those get an answer.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def make_handler(form: LogFormat, *, service: str, stream: TextIO) -> logging.Handler:
    """Writes lines in a form, each with the ids of what it is about."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(_add_ids)
    handler.setFormatter(_make_json_formatter(service) if form == "json" else _make_text_formatter())
    return handler


def _make_text_formatter() -> logging.Formatter:
    return logging.Formatter(
        "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s", "%Y-%m-%dT%H:%M:%S%z"
    )


def _make_json_formatter(service: str) -> logging.Formatter:
    """One object per line. What a line was given as `extra` becomes fields of its own."""
    return JsonFormatter(
        ("levelname", "name", "request_id", "message"),
        rename_fields={"levelname": "level", "name": "logger"},
        static_fields={"service": service},
        timestamp="time",
    )


def _add_ids(record: logging.LogRecord) -> bool:
    record.request_id = current_request_id.get()
    trace_id = find_trace_id()
    if trace_id is not None:
        record.trace_id = trace_id
    return True

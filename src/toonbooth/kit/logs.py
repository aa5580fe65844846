"""Log lines on stderr, each with the id of the request that it belongs to."""

import logging
import sys
from contextvars import ContextVar
from typing import Final

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")

# Their lines tell URLs, and with them file names and signatures, or each step of a start.
_CHATTY: Final = ("httpx", "httpcore", "uvicorn", "aiosqlite", "alembic", "PIL")


def configure_logs(level: str) -> None:
    """Send the process' log lines to stderr. Call once, in `cli`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_request_id)
    handler.setFormatter(
        logging.Formatter(
            "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s", "%Y-%m-%dT%H:%M:%S%z"
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its warnings are about what clients send, and those get an answer.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = current_request_id.get()
    return True

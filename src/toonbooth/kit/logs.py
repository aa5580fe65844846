"""Log lines on stderr, each with the id of the request that it belongs to."""

import logging
import sys
from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")


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
    # Their lines tell URLs, and with them file names and signatures.
    for chatty in (
        "httpx",
        "httpcore",
        "uvicorn.access",
        "aiosqlite",
        "PIL",
        "multipart",
        "python_multipart",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = current_request_id.get()
    return True

"""Writes .env beside this file, with secrets of its own; leaves one that is there alone."""

import os
import secrets
from pathlib import Path

NAMES = ("POSTGRES_PASSWORD", "S3_SECRET_KEY", "SIGNING_KEYS", "STUDIO_TOKEN")


def main() -> None:
    file = Path(__file__).with_name(".env")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{file} is there already.")  # noqa: T201
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as text:
        text.writelines(f"{name}={secrets.token_urlsafe(32)}\n" for name in NAMES)
    print(f"{file} is written. Keep it: without it nothing opens.")  # noqa: T201


if __name__ == "__main__":
    main()

"""The reference pages are complete and true."""

import importlib
import re
from pathlib import Path

import pytest

from tests.rules.reference_pages import SETTINGS_PAGE, render_settings_page
from toonbooth.kit.errors import AppError

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
ROW = re.compile(r"^\| (\d{3}) \| `(\w+)` \| (✓?) ?\| (✓?) ?\|", re.MULTILINE)
SERVICE_MODULES = {
    "gallery": (
        "toonbooth.gallery.errors",
        "toonbooth.kit.draining",
        "toonbooth.kit.errors",
        "toonbooth.kit.rate_limits",
        "toonbooth.kit.line",
    ),
    "studio": (
        "toonbooth.studio.errors",
        "toonbooth.kit.draining",
        "toonbooth.kit.errors",
        "toonbooth.kit.line",
    ),
}


def test_every_setting_stands_in_the_reference_with_its_default_and_meaning() -> None:
    page = SETTINGS_PAGE.read_text()

    assert render_settings_page(page) == page, "write it anew with: make reference"


def test_no_setting_lacks_a_description() -> None:
    assert "| None |" not in SETTINGS_PAGE.read_text()


@pytest.mark.parametrize(("service", "column"), [("gallery", 2), ("studio", 3)])
def test_every_code_that_a_service_answers_stands_in_the_reference(service: str, column: int) -> None:
    documented = {(int(row[0]), row[1]) for row in ROW.findall(ERRORS_PAGE.read_text()) if row[column]}

    assert documented == set(list_codes(service))


def list_codes(service: str) -> list[tuple[int, str]]:
    modules = [importlib.import_module(name).__name__ for name in SERVICE_MODULES[service]]
    modules.append(importlib.import_module("toonbooth.kit.worker_messages").__name__)
    return [
        (error.status, error.code)
        for error in all_errors(AppError)
        if error.__module__ in modules and is_final(error)
    ]


def all_errors(root: type[AppError]) -> list[type[AppError]]:
    return [root, *(error for child in root.__subclasses__() for error in all_errors(child))]


def is_final(error: type[AppError]) -> bool:
    """A class that is raised, not one that others are derived from."""
    return not error.__subclasses__()

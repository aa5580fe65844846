"""What the page is made of: small, whole, described, and of this house alone."""

import re
from pathlib import Path
from typing import Final

import toonbooth.gallery

FOLDER: Final = Path(toonbooth.gallery.__file__).parent / "web"
FILES: Final = sorted(FOLDER.iterdir())
BUDGET_BYTES: Final = 150_000
"""What may be loaded before the first picture."""


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def test_everything_before_the_first_picture_stays_within_its_budget() -> None:
    assert sum(file.stat().st_size for file in FILES) < BUDGET_BYTES


def test_every_file_is_named_by_another_and_every_name_is_a_file() -> None:
    named = set(re.findall(r'"web/([^"]+)"', read(FOLDER / "index.html")))
    for file in FILES:
        named |= set(re.findall(r'from "\./([^"]+)"', read(file)))

    assert named | {"index.html"} == {file.name for file in FILES}


def test_the_page_names_no_other_host() -> None:
    for file in FILES:
        addresses = set(re.findall(r"https?://[^\s\"'`]+", read(file)))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file.name


def test_every_id_that_a_module_looks_for_is_in_the_page() -> None:
    ids = set(re.findall(r' id="([^"]+)"', read(FOLDER / "index.html")))
    for file in FILES:
        assert set(re.findall(r'\b(?:find|copy|copyAll)\("([^"]+)"\)', read(file))) <= ids, file.name


def test_a_module_says_what_it_is_for_and_stays_small() -> None:
    for file in FILES:
        if file.suffix == ".js":
            lines = read(file).splitlines()
            assert lines[0].startswith("// "), file.name
            assert len(lines) <= 300, file.name

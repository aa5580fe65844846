"""docs/styles.md shows every style, and its manifest is one."""

import re
import tomllib
from pathlib import Path

import pytest

from toonbooth.drawing.styles import STYLES
from toonbooth.neural.manifest import Manifest

PAGE = Path(__file__).parents[2] / "docs" / "styles.md"
SOURCE = Path(__file__).parents[2] / "src" / "toonbooth"
DOI = re.compile(r"doi:(10\.[0-9]{4,9}/[^\s`\]]+?)(?=[.,:;]?(?:\s|\]|$))")


@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_a_section_with_a_picture(style: str) -> None:
    assert f"## {style}\n![{style}](pictures/{style}.jpg)" in PAGE.read_text()
    assert (PAGE.parent / "pictures" / f"{style}.jpg").stat().st_size > 10_000


def test_the_manifest_on_the_page_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)

    manifest = Manifest.model_validate(tomllib.loads(example))

    assert manifest.tiles.overlap == 56
    # Every key there is stands in it, so that nobody has to look further.
    assert manifest.model_dump(exclude_unset=True) == manifest.model_dump()


def test_papers_are_those_that_the_code_names() -> None:
    named = {doi for file in SOURCE.rglob("*.py") for doi in DOI.findall(file.read_text())}
    shown = DOI.findall(PAGE.read_text())

    assert shown
    assert set(shown) <= named

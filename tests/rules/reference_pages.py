"""Writes the tables of docs/settings.md from the settings classes: `make reference`."""

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from toonbooth.gallery.settings import GallerySettings
from toonbooth.studio.settings import StudioSettings

SETTINGS_PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def render_settings_page(page: str) -> str:
    """The page with its tables written anew; everything else stays."""
    for heading, prefix, settings in (
        ("Gallery", "GALLERY_", GallerySettings),
        ("Studio", "STUDIO_", StudioSettings),
    ):
        table = _render_table(prefix, settings)
        page = re.sub(rf"(## {heading}\n).*?(?=\n## |\Z)", rf"\1{table}", page, flags=re.DOTALL)
    return page


def _render_table(prefix: str, settings: type[BaseModel]) -> str:
    rows = [
        f"| `{prefix}{name.upper()}` | {_show_default(field)} | {field.description} |"
        for name, field in settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _show_default(field: FieldInfo) -> str:
    default: Any = field.default
    if default is PydanticUndefined or default is None or default == () or isinstance(default, SecretStr):
        return ""
    if isinstance(default, Path):
        return f"`{default.name}`"
    return f"`{default}`"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(render_settings_page(SETTINGS_PAGE.read_text()))

"""The committed OpenAPI documents. `python -m tests.rules.openapi_snapshot` writes them anew."""

import json
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from toonbooth.gallery.app import create_app as create_gallery
from toonbooth.gallery.settings import GallerySettings
from toonbooth.studio.app import create_app as create_studio
from toonbooth.studio.settings import StudioSettings

FOLDER: Final = Path(__file__).parents[2] / "docs" / "openapi"
SERVICES: Final = ("gallery", "studio")


def build_app(service: str) -> FastAPI:
    """An application whose lifespan has not begun."""
    if service == "gallery":
        return create_gallery(GallerySettings())
    return create_studio(StudioSettings.model_validate({}))


def build_document(service: str) -> dict[str, Any]:
    """The document as the service would serve it, but for the version, which a release changes anyway."""
    document = build_app(service).openapi()
    document["info"]["version"] = "0"
    return document


def locate(service: str) -> Path:
    return FOLDER / f"{service}.json"


def render(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_all() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        locate(service).write_text(render(build_document(service)), encoding="utf-8")


if __name__ == "__main__":
    write_all()

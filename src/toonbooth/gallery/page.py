"""Serves the page at `/`: a client of the public API that a person can use, and that others can read.

It is made of the plain files in `web/`: no build step, and nothing comes from another host.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.responses import Response

from toonbooth.gallery.dependencies import get_services
from toonbooth.gallery.ranges import matches_any
from toonbooth.kit.errors import RouteNotFoundError

_FOLDER: Final = Path(__file__).with_name("web")
_INDEX: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class _WebFile:
    content: bytes
    media_type: str
    etag: str


def install_page(app: FastAPI, *, public_url: str | None) -> None:
    """Serve the page and what it is made of; other addresses stay what they are.

    Parameters
    ----------
    public_url : where the addresses of pictures point, when not to where the page comes from.
    """
    files = {file.name: _read(file) for file in sorted(_FOLDER.iterdir()) if file.suffix in _MEDIA_TYPES}

    async def read_page(request: Request) -> Response:
        return _answer(request, files[_INDEX], await _write_policy_of(request, public_url))

    async def read_part(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise RouteNotFoundError("There is nothing at this address.")
        return _answer(request, file, await _write_policy_of(request, public_url))

    app.add_route("/", read_page, methods=["GET"], include_in_schema=False)
    app.add_route("/web/{name}", read_part, methods=["GET"], include_in_schema=False)


def write_policy(public_url: str | None, *, bucket_origin: str | None = None) -> str:
    """The page's Content-Security-Policy: its own files and pictures, nothing inline, no HTML of strings.

    Parameters
    ----------
    bucket_origin : where requests for pictures are redirected to, if they are.
    """
    pictures = ""
    if public_url is not None:
        address = urlsplit(public_url)
        pictures = f" {address.scheme}://{address.netloc}"
    redirected = "" if bucket_origin is None else f" {bucket_origin}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' blob: data:{pictures}{redirected}",
            f"connect-src 'self'{pictures}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


async def _write_policy_of(request: Request, public_url: str | None) -> str:
    links = (await get_services(request)).bucket_links
    return write_policy(public_url, bucket_origin=None if links is None else links.origin)


def _read(file: Path) -> _WebFile:
    content = file.read_bytes()
    return _WebFile(content, _MEDIA_TYPES[file.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _answer(request: Request, file: _WebFile, policy: str) -> Response:
    headers = {
        "ETag": file.etag,
        # Asked for anew each time, answered with 304: a new version is there at the next visit.
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if matches_any(request.headers.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)

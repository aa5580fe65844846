"""The page at `/` and its parts, as a browser asks for them."""

import re
from typing import Final

from tests.http.gallery.running import RunningGallery
from toonbooth.gallery.page import write_policy

TYPES: Final = {
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}


async def test_the_page_comes_with_a_policy_that_allows_nothing_foreign(gallery: RunningGallery) -> None:
    reply = await gallery.client.get("/")

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' blob: data:"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in reply.headers["content-security-policy"]


def test_pictures_of_another_public_address_are_allowed_by_the_policy() -> None:
    assert "img-src 'self' blob: data: https://toons.example;" in write_policy("https://toons.example/app")


async def test_every_part_of_the_page_is_served_with_its_type(gallery: RunningGallery) -> None:
    index = await gallery.client.get("/")
    for name in re.findall(r'"web/([^"]+)"', index.text):
        reply = await gallery.client.get(f"/web/{name}")

        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith(TYPES[name.rpartition(".")[2]])
        assert reply.headers["x-content-type-options"] == "nosniff"


async def test_a_browser_that_has_a_part_is_told_to_keep_it(gallery: RunningGallery) -> None:
    first = await gallery.client.get("/web/app.js")

    again = await gallery.client.get("/web/app.js", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


async def test_what_is_no_part_of_the_page_is_the_usual_404(gallery: RunningGallery) -> None:
    for path in ("/web/", "/web/nothing.js", "/web/..%2fpage.py", "/web/a/b", "/index.html"):
        reply = await gallery.client.get(path)

        assert (reply.status_code, reply.json()["code"]) == (404, "route_not_found")


async def test_the_page_only_takes_what_a_browser_asks_with(gallery: RunningGallery) -> None:
    reply = await gallery.client.post("/")

    assert (reply.status_code, reply.json()["code"]) == (405, "method_not_allowed")

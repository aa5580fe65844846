"""The picture that shows a style: the gallery has it from the studio, and hands it to everybody."""

import pytest
from starlette.responses import Response

from tests.http.gallery.running import ADDRESS, RunningGallery, read_data, read_failure


async def list_previews(gallery: RunningGallery) -> list[str]:
    return [style["previewUrl"] for style in read_data(await gallery.client.get("/api/styles"))["styles"]]


async def test_a_preview_opens_at_the_address_in_the_list_without_a_device(gallery: RunningGallery) -> None:
    url, other = await list_previews(gallery)

    reply = await gallery.client.get(url, headers={"x-device-id": ""})

    assert url.startswith(f"{ADDRESS}/api/styles/comic/preview?v=")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/webp")
    assert reply.content != (await gallery.client.get(other)).content


async def test_caches_may_keep_a_preview(gallery: RunningGallery) -> None:
    url, _ = await list_previews(gallery)

    first = await gallery.client.get(url)
    again = await gallery.client.get(url, headers={"If-None-Match": first.headers["etag"]})
    head = await gallery.client.head(url)

    assert first.headers["cache-control"].startswith("public, max-age=")
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(first.content)))


async def test_the_studio_is_asked_once_for_a_preview(gallery: RunningGallery) -> None:
    url, _ = await list_previews(gallery)

    for _ in range(3):
        await gallery.client.get(url)

    assert gallery.studio.previews_asked == 1


async def test_a_style_that_is_not_there_has_no_preview(gallery: RunningGallery) -> None:
    for path in ("/api/styles/cubism/preview", "/api/styles/..%2f..%2fhealth/preview"):
        assert read_failure(await gallery.client.get(path))[0] == 404
    assert gallery.studio.previews_asked == 0


@pytest.mark.parametrize(
    "answer",
    [
        Response("<svg onload=alert(1)>", media_type="image/svg+xml"),
        Response(b"RIFF1234WEBP" + bytes(300_000), media_type="image/webp"),
        Response(status_code=404),
    ],
    ids=["no picture", "too large", "missing"],
)
async def test_what_is_no_small_picture_is_no_preview(gallery: RunningGallery, answer: Response) -> None:
    gallery.studio.preview = lambda: answer
    url, _ = await list_previews(gallery)

    assert read_failure(await gallery.client.get(url))[:2] == (404, "picture_not_found")


async def test_a_studio_that_has_no_styles_has_no_previews(gallery: RunningGallery) -> None:
    gallery.studio.is_foreign = True

    assert read_failure(await gallery.client.get("/api/styles/comic/preview"))[:2] == (
        404,
        "picture_not_found",
    )

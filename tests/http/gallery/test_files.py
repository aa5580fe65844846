"""Stored pictures: who may see them, and what HTTP asks of whoever serves files."""

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from tests.databases import Databases
from tests.http.gallery.running import ADDRESS, Json, RunningGallery, read_failure, running_gallery

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_THERE = (404, "picture_not_found", "There is no picture at this address.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gallery(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[RunningGallery]:
    async with running_gallery(tmp_path_factory.mktemp("data"), databases=databases) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def uploaded(gallery: RunningGallery, photo: bytes) -> Json:
    return await gallery.upload(photo)


@pytest.fixture
def url(uploaded: Json) -> str:
    """A signed address."""
    address: str = uploaded["original"]["imageUrl"]
    return address


@pytest.fixture
def bare(url: str) -> str:
    """The same without its signature."""
    return url.partition("?")[0]


@pytest.fixture
def anyone(gallery: RunningGallery) -> httpx.AsyncClient:
    """Somebody without any header."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(gallery.app))


async def test_a_signed_address_opens_without_any_header(anyone: httpx.AsyncClient, url: str) -> None:
    reply = await anyone.get(url)

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.headers["content-length"] == str(len(reply.content))
    assert Image.open(io.BytesIO(reply.content)).size == (128, 128)


async def test_the_bare_address_opens_for_its_owner_only(
    gallery: RunningGallery, anyone: httpx.AsyncClient, bare: str
) -> None:
    assert (await gallery.client.get(bare)).status_code == 200
    assert (
        await gallery.client.get(bare, headers={"x-device-id": gallery.device.upper()})
    ).status_code == 200
    assert read_failure(await anyone.get(bare)) == NOT_THERE
    assert read_failure(await anyone.get(bare, headers=gallery.for_device())) == NOT_THERE
    assert read_failure(await anyone.get(bare, headers={"x-device-id": "not-a-uuid"})) == NOT_THERE


@pytest.mark.parametrize("folder", ["original", "cartoon"])
async def test_signatures_that_are_not_ours_open_nothing(
    anyone: httpx.AsyncClient, uploaded: Json, folder: str
) -> None:
    address, _, query = uploaded[folder]["imageUrl"].partition("?")
    other = uploaded["cartoon" if folder == "original" else "original"]["imageUrl"]
    expires, signature = re.fullmatch(r"expires=(\d+)&signature=(.+)", query).groups()  # type: ignore[union-attr]
    forged = signature[:-1] + ("A" if signature[-1] != "A" else "B")
    for wrong in (
        "",
        f"expires={expires}",
        f"signature={signature}",
        f"expires={int(expires) + 86400}&signature={signature}",
        f"expires={expires}&signature={forged}",
        f"expires={expires}&signature={signature}%00",
        f"expires=+{expires}&signature={signature}",
        f"expires={expires}&signature={'Ａ' * 43}",
        f"expires={'9' * 5000}&signature={signature}",
        other.partition("?")[2],
    ):
        assert read_failure(await anyone.get(f"{address}?{wrong}")) == NOT_THERE, wrong


async def test_an_expired_address_opens_for_its_owner_only(
    gallery: RunningGallery, anyone: httpx.AsyncClient, bare: str
) -> None:
    signer = gallery.app.state.services.signer
    path = bare.removeprefix(ADDRESS)
    query = signer.sign(path, now=datetime.now(UTC) - timedelta(days=9))

    assert read_failure(await anyone.get(f"{bare}?{query}")) == NOT_THERE
    assert (await gallery.client.get(f"{bare}?{query}")).status_code == 200


async def test_a_cache_may_keep_a_picture_no_longer_than_its_address_is_good(
    gallery: RunningGallery, anyone: httpx.AsyncClient, bare: str
) -> None:
    signer = gallery.app.state.services.signer
    then = datetime.now(UTC) - timedelta(days=7)
    query = signer.sign(bare.removeprefix(ADDRESS), now=then)
    remaining = int(re.findall(r"expires=(\d+)", query)[0]) - datetime.now(UTC).timestamp()

    reply = await anyone.get(f"{bare}?{query}")

    private, immutable, max_age = reply.headers["cache-control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert 0 <= remaining - int(max_age.removeprefix("max-age=")) < 60 or remaining < 60


async def test_browsers_are_told_to_take_a_picture_for_nothing_else(
    anyone: httpx.AsyncClient, url: str
) -> None:
    reply = await anyone.get(url)

    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert reply.headers["vary"] == "x-device-id"


async def test_head_says_what_get_would(anyone: httpx.AsyncClient, url: str) -> None:
    whole = await anyone.get(url)
    head = await anyone.head(url)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "accept-ranges", "x-content-type-options"):
        assert head.headers[name] == whole.headers[name]
    assert (await anyone.head(url, headers={"range": "bytes=0-9"})).status_code == 200


async def test_head_on_a_stranger_s_picture_is_404_too(anyone: httpx.AsyncClient, bare: str) -> None:
    assert (await anyone.head(bare)).status_code == 404


async def test_a_client_that_has_the_picture_needn_t_get_it_again(
    anyone: httpx.AsyncClient, url: str
) -> None:
    etag = (await anyone.get(url)).headers["etag"]

    for condition in (etag, f'"other", W/{etag}', "*"):
        reply = await anyone.get(url, headers={"if-none-match": condition})
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["etag"] == etag
        assert reply.headers["cache-control"].startswith("private")
    assert (await anyone.get(url, headers={"if-none-match": '"other"'})).status_code == 200


async def test_a_condition_is_no_way_around_the_signature(
    gallery: RunningGallery, anyone: httpx.AsyncClient, bare: str
) -> None:
    etag = (await gallery.client.get(bare)).headers["etag"]

    assert (await anyone.get(bare, headers={"if-none-match": etag})).status_code == 404


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=5-999999", 5, None),
    ],
)
async def test_a_part_is_sent_when_a_part_is_asked_for(
    anyone: httpx.AsyncClient, url: str, header: str, start: int, stop: int | None
) -> None:
    whole = (await anyone.get(url)).content

    reply = await anyone.get(url, headers={"range": header})

    assert reply.status_code == 206
    assert reply.content == whole[start:stop]
    first = start % len(whole)
    assert reply.headers["content-range"] == f"bytes {first}-{first + len(reply.content) - 1}/{len(whole)}"
    assert reply.headers["content-length"] == str(len(reply.content))
    assert reply.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=9-3", "lines=0-1", "bytes=x"])
async def test_a_range_that_is_none_gets_the_whole_picture(
    anyone: httpx.AsyncClient, url: str, header: str
) -> None:
    whole = await anyone.get(url)
    reply = await anyone.get(url, headers={"range": header})

    assert (reply.status_code, reply.content) == (200, whole.content)


async def test_a_range_behind_the_end_is_416_in_our_shape(anyone: httpx.AsyncClient, url: str) -> None:
    size = len((await anyone.get(url)).content)

    reply = await anyone.get(url, headers={"range": f"bytes={size}-"})

    assert read_failure(reply) == (
        416,
        "range_not_satisfiable",
        "The picture has no bytes in this range.",
    )
    assert reply.headers["content-range"] == f"bytes */{size}"


async def test_if_range_sends_a_part_of_the_same_picture_only(anyone: httpx.AsyncClient, url: str) -> None:
    etag = (await anyone.get(url)).headers["etag"]

    same = await anyone.get(url, headers={"range": "bytes=0-9", "if-range": etag})
    other = await anyone.get(url, headers={"range": "bytes=0-9", "if-range": '"other"'})

    assert (same.status_code, len(same.content)) == (206, 10)
    assert other.status_code == 200


async def test_a_large_picture_arrives_whole_and_in_parts(gallery: RunningGallery) -> None:
    file = io.BytesIO()
    Image.effect_noise((1000, 1000), 100).save(file, "PNG")
    data = await gallery.upload(file.getvalue())
    url = data["original"]["imageUrl"]

    whole = await gallery.client.get(url)
    part = await gallery.client.get(url, headers={"range": "bytes=1000-700000"})

    assert whole.headers["content-type"] == "image/png"
    assert len(whole.content) == int(whole.headers["content-length"]) > 900_000
    Image.open(io.BytesIO(whole.content)).load()
    assert part.content == whole.content[1000:700_001]


async def test_a_picture_that_has_gone_from_the_disk_is_404(
    gallery: RunningGallery, anyone: httpx.AsyncClient, photo: bytes
) -> None:
    url = (await gallery.upload(photo))["original"]["imageUrl"]
    key = url.partition("/uploads/")[2].partition("?")[0]
    (gallery.data_dir / "uploads" / key).unlink()

    assert read_failure(await anyone.get(url)) == NOT_THERE


SECRET = "gallery.sqlite3"


@pytest.mark.parametrize(
    "path",
    [
        f"/uploads/../{SECRET}",
        f"/uploads/originals/../../{SECRET}",
        f"/uploads/%2e%2e/{SECRET}",
        f"/uploads/originals/..%2f..%2f{SECRET}",
        f"/uploads/originals/%2e%2e%2f%2e%2e%2f{SECRET}",
        f"/uploads/originals/..%5c..%5c{SECRET}",
        f"/uploads/originals/%252e%252e%252f{SECRET}",
        f"/uploads/originals/%c0%ae%c0%ae%c0%af{SECRET}",
        f"/uploads/originals/..;/{SECRET}",
        f"/uploads//{SECRET}",
        f"/uploads/.%00./{SECRET}",
        f"/uploads/originals/{SECRET}%00.jpg",
        "/uploads/originals/%2fetc%2fpasswd",
        "/uploads/.staging/",
        "/uploads/originals/",
        "/uploads/originals",
        "/uploads/",
        "/uploads",
        "/uploads/originals/.",
        "/uploads/originals/..",
        "/uploads/ORIGINALS/1736123456789_abc12345.jpg",
        "/uploads/originals/1736123456789_abc12345.jpg/",
        "/uploads/originals/1736123456789_abc12345.jpg%0a",
        "/uploads/originals/%ef%bc%91736123456789_abc12345.jpg",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_no_path_leads_out_of_the_uploads(gallery: RunningGallery, path: str, method: str) -> None:
    request = httpx.Request(
        method,
        httpx.URL(ADDRESS).copy_with(raw_path=path.encode()),
        headers={"x-device-id": gallery.device},
    )

    reply = await gallery.client.send(request)

    assert reply.status_code == 404
    if method == "GET":
        assert read_failure(reply)[1] in {"picture_not_found", "route_not_found"}

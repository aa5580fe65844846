"""How one drawing follows another."""

import asyncio
from pathlib import Path

from tests.http.gallery.fake_studio import AskedForCartoon, Gate
from tests.http.gallery.running import (
    ADDRESS,
    Json,
    RunningGallery,
    read_data,
    read_failure,
    running_gallery,
    start,
)


async def regenerate(gallery: RunningGallery, original: Json, body: object = None) -> tuple[str, int]:
    reply = await gallery.client.post(f"/api/regenerate/{original['id']}", json=body)
    cartoon = read_data(reply)["cartoon"]
    return cartoon["style"], cartoon["seed"]


async def test_each_drawing_differs_from_the_one_before(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo, seed="10"))["original"]

    drawings = [await regenerate(gallery, original) for _ in range(4)]

    assert [style for style, _ in drawings] == ["sketch", "comic", "sketch", "comic"]
    seeds = [10, *(seed for _, seed in drawings)]
    assert seeds == sorted(set(seeds))


async def test_a_double_tap_does_not_draw_the_same_twice(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]
    gate = Gate(gallery.studio)
    taps = [start(gallery.client.post(f"/api/regenerate/{original['id']}")) for _ in range(2)]
    await gate.wait_for(2)
    gate.open()

    first, second = [read_data(reply)["cartoon"] for reply in await asyncio.gather(*taps)]
    assert (first["style"], first["seed"]) != (second["style"], second["seed"])


async def test_what_is_named_is_taken_and_the_rest_moves_on(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo, seed="10"))["original"]

    style, seed = await regenerate(gallery, original, {"style": "comic"})
    assert (style, seed > 10) == ("comic", True)
    assert await regenerate(gallery, original, {"seed": 5}) == ("sketch", 5)
    assert await regenerate(gallery, original, {"style": "sketch", "seed": 0}) == ("sketch", 0)
    style, seed = await regenerate(gallery, original, {"style": None, "seed": ""})
    assert (style, seed > 0) == ("comic", True)


async def test_wishes_may_come_as_a_form(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]
    path = f"/api/regenerate/{original['id']}"

    plain = await gallery.client.post(path, data={"style": "comic", "seed": "3"})
    multipart = await gallery.client.post(path, files={"style": (None, "comic"), "seed": (None, "4")})

    assert read_data(plain)["cartoon"]["seed"] == 3
    assert read_data(multipart)["cartoon"]["seed"] == 4


async def test_after_the_greatest_seed_come_the_smallest(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo, seed=str(2**31 - 1)))["original"]

    assert (await regenerate(gallery, original))[1] < 1000


async def test_after_a_download_drawing_starts_anew_by_chance(gallery: RunningGallery, photo: bytes) -> None:
    uploaded = await gallery.upload(photo)
    read_data(await gallery.client.post(f"/api/download/{uploaded['cartoon']['id']}"))

    seeds = set()
    for _ in range(2):
        cartoon = read_data(await gallery.client.post(f"/api/regenerate/{uploaded['original']['id']}"))[
            "cartoon"
        ]
        seeds.add(cartoon["seed"])
        read_data(await gallery.client.post(f"/api/download/{cartoon['id']}"))

    assert len(seeds) == 2


async def test_the_stored_photo_is_what_is_drawn(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]
    await regenerate(gallery, original)

    first, second = gallery.studio.asked
    assert isinstance(first, AskedForCartoon)
    assert isinstance(second, AskedForCartoon)
    assert first.photo == second.photo


async def test_an_original_whose_file_is_gone_is_404(gallery: RunningGallery, photo: bytes) -> None:
    original = (await gallery.upload(photo))["original"]
    for path in (gallery.data_dir / "uploads" / "originals").iterdir():
        path.unlink()
    before = gallery.stored()

    reply = await gallery.client.post(f"/api/regenerate/{original['id']}")

    assert read_failure(reply) == (404, "picture_not_found", "There is no picture at this address.")
    assert gallery.stored() == before


async def test_a_cartoon_whose_file_is_gone_cannot_be_downloaded(
    gallery: RunningGallery, photo: bytes
) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]
    for path in (gallery.data_dir / "uploads" / "temp").iterdir():
        path.unlink()

    reply = await gallery.client.post(f"/api/download/{cartoon['id']}")

    assert read_failure(reply)[:2] == (404, "picture_not_found")


async def test_styles_are_those_of_the_studio(gallery: RunningGallery) -> None:
    styles = read_data(await gallery.client.get("/api/styles"))["styles"]

    assert [(style["name"], style["title"], style["line"]) for style in styles] == [
        ("comic", "Comic", "Drawn."),
        ("sketch", "Sketch", "Drawn."),
    ]


async def test_the_list_of_styles_names_networks_and_their_licences(gallery: RunningGallery) -> None:
    network = {"name": "photo2cartoon", "licence": "MIT", "commercial": "yes"}
    gallery.studio.models["sketch"] = network | {"source": "https://example.org/net"}

    styles = read_data(await gallery.client.get("/api/styles"))["styles"]

    assert [style["model"] for style in styles] == [None, network]


async def test_a_face_can_be_cut_otherwise(gallery: RunningGallery, photo: bytes) -> None:
    cartoon = (await gallery.upload(photo))["cartoon"]
    body = {"format": "png", "shape": "square", "face": 0}

    face = read_data(await gallery.client.post(f"/api/download/{cartoon['id']}", json=body))["downloadedFace"]

    assert face["faceUrl"].partition("?")[0].endswith(".png")
    assert (await gallery.client.get(face["faceUrl"])).headers["content-type"] == "image/png"
    asked = gallery.studio.asked[-1]
    assert not isinstance(asked, AskedForCartoon)
    assert {name: value for name, value in asked.body.items() if name != "image_url"} == body


async def test_the_address_in_replies_is_the_one_the_client_used(
    gallery: RunningGallery, photo: bytes
) -> None:
    reply = await gallery.post_photo(photo, headers={"host": "192.168.1.7:3000", "x-forwarded-host": "evil"})

    assert read_data(reply)["original"]["imageUrl"].startswith("http://192.168.1.7:3000/uploads/")


async def test_the_address_in_replies_is_the_configured_one(tmp_path: Path, photo: bytes) -> None:
    async with running_gallery(tmp_path, public_url="https://photos.example.org/app/") as gallery:
        url = (await gallery.upload(photo))["original"]["imageUrl"]

        assert url.startswith("https://photos.example.org/app/uploads/originals/")
        # The proxy takes its prefix off before it asks us.
        inside = url.replace("https://photos.example.org/app", ADDRESS)
        assert (await gallery.client.get(inside, headers=gallery.for_device())).status_code == 200

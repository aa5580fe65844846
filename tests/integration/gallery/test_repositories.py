"""Rows of originals, cartoons and faces: in order, by pages, and never another device's."""

import asyncio
from datetime import timedelta
from itertools import cycle

import pytest
from bson import ObjectId

from tests.integration.gallery.records import (
    FACES,
    NOON,
    add_cartoon,
    add_original,
    download,
    make_device,
    minutes,
)
from toonbooth.contract import MAX_SEED
from toonbooth.gallery.database.repositories import (
    CartoonRepository,
    DeviceRepository,
    FaceRepository,
    FileRepository,
    OriginalRepository,
    Page,
)
from toonbooth.gallery.database.tables import Device, DownloadedFace, Original, RegeneratedCartoon
from toonbooth.gallery.database.transactions import Database, open_database
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import CartoonNotFoundError, DatabaseFailedError, OriginalNotFoundError


async def get_device_row(database: Database, device: DeviceId) -> Device | None:
    async with database.reading() as session:
        return await session.get(Device, device.digest)


async def list_originals(database: Database, device: DeviceId, page: Page | None = None) -> list[ObjectId]:
    async with database.reading() as session:
        return [row.id for row in await OriginalRepository(session, device).list_newest_first(page)]


async def list_faces(database: Database, device: DeviceId, page: Page) -> list[DownloadedFace]:
    async with database.reading() as session:
        return await FaceRepository(session, device).list_newest_first(page)


async def list_cartoons(database: Database, device: DeviceId, original: Original) -> list[ObjectId]:
    async with database.reading() as session:
        return [row.id for row in await CartoonRepository(session, device).list_of(original.id)]


async def get_original(database: Database, device: DeviceId, original_id: ObjectId) -> Original:
    async with database.reading() as session:
        return await OriginalRepository(session, device).get(original_id)


async def get_cartoon(database: Database, device: DeviceId, cartoon_id: ObjectId) -> RegeneratedCartoon:
    async with database.reading() as session:
        return await CartoonRepository(session, device).get(cartoon_id)


async def test_a_device_gets_its_row_once(database: Database, device: DeviceId) -> None:
    assert await get_device_row(database, device) is None

    for now in (NOON, NOON + minutes(59)):
        async with database.transaction() as session:
            await DeviceRepository(session, device).register(now=now)

    row = await get_device_row(database, device)
    assert row is not None
    assert (row.first_seen_at, row.last_seen_at) == (NOON, NOON)


async def test_a_device_is_seen_to_the_hour(database: Database, device: DeviceId, stranger: DeviceId) -> None:
    async with database.transaction() as session:
        await DeviceRepository(session, device).register(now=NOON)
        await DeviceRepository(session, stranger).register(now=NOON)
        await DeviceRepository(session, device).touch(now=NOON + minutes(60))

    row, other = await get_device_row(database, device), await get_device_row(database, stranger)
    assert row is not None
    assert other is not None
    assert (row.first_seen_at, row.last_seen_at) == (NOON, NOON + minutes(60))
    assert other.last_seen_at == NOON


async def test_touching_an_unknown_device_makes_no_row(database: Database, device: DeviceId) -> None:
    async with database.transaction() as session:
        await DeviceRepository(session, device).touch(now=NOON)

    assert await get_device_row(database, device) is None


async def test_an_original_comes_back_as_it_was_added(database: Database, device: DeviceId) -> None:
    added = await add_original(database, device, now=NOON + timedelta(milliseconds=7))

    read = await get_original(database, device, added.id)

    assert read is not added
    assert (read.id, read.key, read.media_type, read.file_size, read.created_at) == (
        added.id,
        f"originals/{added.id}.jpg",
        "image/jpeg",
        1234,
        NOON + timedelta(milliseconds=7),
    )


async def test_a_cartoon_comes_back_as_it_was_added(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    cartoon_id = ObjectId()
    async with database.transaction() as session:
        await CartoonRepository(session, device).add(
            original,
            cartoon_id=cartoon_id,
            key="temp/1.jpg",
            style="comic",
            seed=MAX_SEED,
            faces=FACES,
            now=NOON,
        )

    read = await get_cartoon(database, device, cartoon_id)

    assert (read.original_id, read.key, read.created_at) == (original.id, "temp/1.jpg", NOON)
    assert (read.style, read.seed, read.faces) == ("comic", MAX_SEED, FACES)


async def test_what_an_ai_server_does_not_say_stays_unknown(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    cartoon_id = ObjectId()
    async with database.transaction() as session:
        await CartoonRepository(session, device).add(
            original, cartoon_id=cartoon_id, key="temp/1.jpg", style=None, seed=None, faces=None, now=NOON
        )

    read = await get_cartoon(database, device, cartoon_id)

    assert (read.style, read.seed, read.faces) == (None, None, None)


async def test_no_faces_is_not_the_same_as_not_knowing(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    cartoon_id = ObjectId()
    async with database.transaction() as session:
        await CartoonRepository(session, device).add(
            original, cartoon_id=cartoon_id, key="temp/1.jpg", style=None, seed=None, faces=(), now=NOON
        )

    assert (await get_cartoon(database, device, cartoon_id)).faces == ()


async def test_lists_are_newest_first_and_equal_times_go_by_id(database: Database, device: DeviceId) -> None:
    oldest = await add_original(database, device, now=NOON - minutes(1))
    same = [await add_original(database, device, now=NOON) for _ in range(3)]
    newest = await add_original(database, device, now=NOON + timedelta(milliseconds=1))

    expected = [newest.id, *sorted((row.id for row in same), reverse=True), oldest.id]
    assert await list_originals(database, device) == expected
    assert [row.id for row in reversed(same)] == expected[1:4]  # ids of one process ascend


async def test_pages_hold_the_list_without_gap_or_repetition(database: Database, device: DeviceId) -> None:
    for index in range(7):
        await add_original(database, device, now=NOON + minutes(index // 3))
    everything = await list_originals(database, device)

    pages = [await list_originals(database, device, Page(number, 3)) for number in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [entry for page in pages for entry in page] == everything
    async with database.reading() as session:
        assert await OriginalRepository(session, device).count() == 7


async def test_a_page_beyond_all_numbers_is_empty(database: Database, device: DeviceId) -> None:
    await add_original(database, device)

    assert await list_originals(database, device, Page(10**40, 100)) == []
    assert await list_faces(database, device, Page(10**40, 100)) == []


@pytest.mark.parametrize(("number", "size"), [(0, 1), (1, 0), (-1, 50)])
def test_pages_count_from_one(number: int, size: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        Page(number, size)


async def test_faces_come_with_their_originals(database: Database, device: DeviceId) -> None:
    originals = [await add_original(database, device, now=NOON + minutes(index)) for index in range(3)]
    faces = [
        (await download(database, device, await add_cartoon(database, device, original), now=NOON))[0]
        for original in originals
    ]

    listed = await list_faces(database, device, Page(1, 2))

    expected = list(zip((face.id for face in faces), originals, strict=True))[:0:-1]
    assert [(face.id, face.original.id, face.original.key, face.original.created_at) for face in listed] == [
        (face_id, original.id, original.key, original.created_at) for face_id, original in expected
    ]
    assert listed[0].file_size == 567
    async with database.reading() as session:
        assert await FaceRepository(session, device).count() == 3


async def test_a_device_cannot_see_another_devices_rows(
    database: Database, device: DeviceId, stranger: DeviceId
) -> None:
    original = await add_original(database, device)
    await add_original(database, stranger)
    face, _ = await download(database, device, await add_cartoon(database, device, original))
    cartoon = await add_cartoon(database, device, await get_original(database, device, original.id))

    with pytest.raises(OriginalNotFoundError):
        await get_original(database, stranger, original.id)
    with pytest.raises(CartoonNotFoundError):
        await get_cartoon(database, stranger, cartoon.id)
    with pytest.raises(CartoonNotFoundError):
        await download(database, stranger, cartoon)
    with pytest.raises(OriginalNotFoundError):
        await add_cartoon(database, stranger, original)
    assert original.id not in await list_originals(database, stranger)
    assert await list_cartoons(database, stranger, original) == []
    assert await list_faces(database, stranger, Page(1, 100)) == []
    async with database.reading() as session:
        theirs = FileRepository(session, stranger)
        assert not [key for key in (original.key, cartoon.key, face.key) if await theirs.owns(key)]
        assert await CartoonRepository(session, stranger).find_last_of(original.id) is None
        assert await FaceRepository(session, stranger).count() == 0
        assert await OriginalRepository(session, stranger).count() == 1
    assert await list_cartoons(database, device, original) == [cartoon.id]  # the stranger has taken nothing


async def test_a_device_owns_the_files_its_rows_name(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    chosen = await add_cartoon(database, device, original)

    async with database.reading() as session:
        files = FileRepository(session, device)
        assert await files.owns(original.key)
        assert await files.owns(chosen.key)
        assert not await files.owns("originals/0.jpg")
        assert not await files.owns("secrets/0.jpg")
        assert not await files.owns("")

    face, _ = await download(database, device, chosen)
    async with database.reading() as session:
        files = FileRepository(session, device)
        assert await files.owns(face.key)
        assert not await files.owns(chosen.key)


async def test_no_two_rows_name_one_file(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)

    with pytest.raises(DatabaseFailedError):
        async with database.transaction() as session:
            await OriginalRepository(session, device).add(
                original_id=ObjectId(), key=original.key, media_type="image/jpeg", file_size=1, now=NOON
            )


async def test_unknown_ids_are_not_found(database: Database, device: DeviceId) -> None:
    await add_original(database, device)

    with pytest.raises(OriginalNotFoundError):
        await get_original(database, device, ObjectId())
    with pytest.raises(CartoonNotFoundError):
        await get_cartoon(database, device, ObjectId())


async def test_the_last_cartoon_is_the_newest(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    other = await add_original(database, device)
    cartoons = [await add_cartoon(database, device, original, now=NOON + minutes(m)) for m in (2, 5, 3)]
    await add_cartoon(database, device, other, now=NOON + minutes(9))

    async with database.reading() as session:
        last = await CartoonRepository(session, device).find_last_of(original.id)

    assert last is not None
    assert last.id == cartoons[1].id
    assert await list_cartoons(database, device, original) == [cartoons[i].id for i in (1, 2, 0)]


async def test_a_download_takes_all_cartoons_of_its_original_and_no_other(
    database: Database, device: DeviceId
) -> None:
    original, other = await add_original(database, device), await add_original(database, device)
    cartoons = [await add_cartoon(database, device, original) for _ in range(3)]
    kept = await add_cartoon(database, device, other)

    face, keys = await download(database, device, cartoons[1])

    assert sorted(keys) == sorted(cartoon.key for cartoon in cartoons)
    assert await list_cartoons(database, device, original) == []
    assert await list_cartoons(database, device, other) == [kept.id]
    assert [row.id for row in await list_faces(database, device, Page(1, 50))] == [face.id]


async def test_a_download_that_fails_takes_nothing(database: Database, device: DeviceId) -> None:
    original = await add_original(database, device)
    cartoon = await add_cartoon(database, device, original)

    with pytest.raises(LookupError):
        await fail_after_claiming(database, device, cartoon)

    assert await list_cartoons(database, device, original) == [cartoon.id]
    await add_cartoon(database, device, original)  # and a drawing begun before is not too late


async def fail_after_claiming(database: Database, device: DeviceId, cartoon: RegeneratedCartoon) -> None:
    async with database.transaction() as session:
        await CartoonRepository(session, device).claim_for_download(cartoon.id)
        raise LookupError


@pytest.mark.parametrize("same", [True, False], ids=["the same cartoon", "two of one original"])
async def test_of_many_downloads_at_once_one_wins(
    database: Database, database_url: str, device: DeviceId, *, same: bool
) -> None:
    original = await add_original(database, device)
    cartoons = [await add_cartoon(database, device, original) for _ in range(10)]

    async with await open_database(database_url) as other:  # as another process would
        outcomes = await asyncio.gather(
            *(
                download(one, device, cartoons[0] if same else cartoon)
                for one, cartoon in zip(cycle((database, other)), cartoons, strict=False)
            ),
            return_exceptions=True,
        )

    won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, CartoonNotFoundError)]
    assert (len(won), len(lost)) == (1, 9)
    ((face, keys),) = won
    assert sorted(keys) == sorted(cartoon.key for cartoon in cartoons)
    assert [row.id for row in await list_faces(database, device, Page(1, 50))] == [face.id]


async def test_a_regeneration_that_a_download_overtakes_stores_nothing(
    database: Database, device: DeviceId
) -> None:
    first = await add_original(database, device)
    chosen = await add_cartoon(database, device, first)
    before_drawing = await get_original(database, device, first.id)
    await download(database, device, chosen)

    with pytest.raises(OriginalNotFoundError):
        await add_cartoon(database, device, before_drawing)

    assert await list_cartoons(database, device, first) == []
    # Somebody who asks after the download gets a drawing again.
    again = await add_cartoon(database, device, await get_original(database, device, first.id))
    assert await list_cartoons(database, device, first) == [again.id]


async def test_regenerations_and_downloads_at_once_leave_no_orphan(
    database: Database, device: DeviceId, database_url: str
) -> None:
    """Whatever the order: each cartoon is refused or taken by the download."""
    stored_before = []
    for position in range(5):
        original = await add_original(database, device)
        chosen = await add_cartoon(database, device, original)
        regenerations = [add_cartoon(database, device, original) for _ in range(4)]
        results = await asyncio.gather(
            *regenerations[:position],
            download(database, device, chosen),
            *regenerations[position:],
            return_exceptions=True,
        )
        stored = [row for row in results if isinstance(row, RegeneratedCartoon)]
        refused = [error for error in results if isinstance(error, OriginalNotFoundError)]
        ((_, keys),) = [pair for pair in results if isinstance(pair, tuple)]

        assert len(stored) + len(refused) == 4
        stored_before.append(len(stored))
        assert sorted(keys) == sorted([chosen.key, *(cartoon.key for cartoon in stored)])
        assert await list_cartoons(database, device, original) == []
    if database_url.startswith("sqlite"):  # its writers come by turns, so every order was tried
        assert stored_before == [0, 1, 2, 3, 4]


async def test_first_uploads_at_once_make_one_device(database: Database) -> None:
    device = make_device()

    await asyncio.gather(*(add_original(database, device) for _ in range(5)))

    assert len(await list_originals(database, device)) == 5

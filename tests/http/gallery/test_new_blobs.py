"""Files whose rows never came, and files of which nobody knows whether they did."""

from datetime import timedelta

import pytest

from tests.http.gallery.running import RunningGallery
from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.errors import StorageFailedError
from toonbooth.gallery.operations.new_blobs import NewBlobs, new_blobs
from toonbooth.gallery.services import Services


class FailedError(Exception):
    pass


@pytest.fixture
def services(gallery: RunningGallery) -> Services:
    opened: Services = gallery.app.state.services
    return opened


async def commit(services: Services, files: NewBlobs) -> None:
    async with services.staging.open() as staged:
        await staged.write(b"pixels")
        await files.commit(
            staged,
            folder=BlobFolder.ORIGINALS,
            identifier="0123abcd",
            suffix=".jpg",
            now=services.read_clock(),
        )


async def test_files_stay_when_their_rows_came(gallery: RunningGallery, services: Services) -> None:
    async with new_blobs(services.blobs) as files:
        await commit(services, files)
        files.hand_over(now=services.read_clock())

    assert len(gallery.list_files()) == 1


async def test_files_go_when_no_row_came(gallery: RunningGallery, services: Services) -> None:
    async def fail() -> None:
        async with new_blobs(services.blobs) as files:
            await commit(services, files)
            await commit(services, files)
            raise FailedError

    with pytest.raises(FailedError):
        await fail()
    assert gallery.list_files() == {}


async def test_files_stay_when_nobody_knows_whether_their_rows_came(
    gallery: RunningGallery, services: Services
) -> None:
    """A row without a file would be worse than a file without a row."""

    async def fail_at_the_end() -> None:
        async with new_blobs(services.blobs) as files:
            await commit(services, files)
            files.hand_over(now=services.read_clock())
            raise FailedError

    with pytest.raises(FailedError):
        await fail_at_the_end()
    assert len(gallery.list_files()) == 1


async def test_no_row_comes_to_a_file_that_the_sweeper_may_take_for_left_over(
    gallery: RunningGallery, services: Services
) -> None:
    """The machine slept, or its clock was set, between the file and its row."""

    async def hand_over(*, late: timedelta) -> None:
        async with new_blobs(services.blobs) as files:
            await commit(services, files)
            files.hand_over(now=services.read_clock() + late)

    with pytest.raises(StorageFailedError):
        await hand_over(late=timedelta(minutes=31))
    assert gallery.list_files() == {}
    await hand_over(late=timedelta(minutes=29))
    assert len(gallery.list_files()) == 1

"""From uploaded bytes to the photo that is kept: without private metadata, of a kind every phone shows."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from toonbooth.gallery.blobs.failures import translated_failures
from toonbooth.gallery.blobs.staging import StagedFile
from toonbooth.gallery.conversion import convert_file
from toonbooth.gallery.errors import (
    AnimatedPhotoError,
    PhotoTooLargeError,
    UnreadablePhotoError,
    UnsupportedTypeError,
)
from toonbooth.gallery.services import Services
from toonbooth.imaging.codec import (
    AnimatedImageError,
    ImageError,
    ImageFormat,
    ImageTooLargeError,
    UnsupportedFormatError,
    inspect,
)
from toonbooth.imaging.metadata import remove_private_metadata
from toonbooth.kit.errors import AppError
from toonbooth.kit.worker_messages import WorkerDiedError, WorkTimeoutError

log = logging.getLogger(__name__)

_KEPT_AS_THEY_ARE = frozenset({ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP})


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A staged photo, ready to be committed."""

    file: StagedFile
    format: ImageFormat


def translate(error: ImageError) -> AppError:
    """What is wrong with a picture, for the person who sent it."""
    match error:
        case UnsupportedFormatError():
            return UnsupportedTypeError(str(error))
        case ImageTooLargeError():
            return PhotoTooLargeError(str(error))
        case AnimatedImageError():
            return AnimatedPhotoError(str(error))
        case _:
            return UnreadablePhotoError(str(error))


@asynccontextmanager
async def clean_photo(services: Services, uploaded: StagedFile) -> AsyncIterator[CleanPhoto]:
    """Stage what is to be kept of an uploaded file; gone when the block ends, unless it was committed.

    Raises
    ------
    UnsupportedTypeError, UnreadablePhotoError, PhotoTooLargeError, AnimatedPhotoError
    StorageFailedError
    """
    async with services.staging.open() as cleaned:
        try:
            with translated_failures():  # a full disk, here and in the worker
                found = await asyncio.to_thread(_identify, uploaded.path)
                if found in _KEPT_AS_THEY_ARE:
                    await asyncio.to_thread(_remove_private_metadata, uploaded.path, cleaned.path, found)
                    kept = found
                else:
                    # Decoders of these are large and take long: they work where they can be killed.
                    await services.converters.run(
                        convert_file,
                        uploaded.path,
                        cleaned.path,
                        timeout_seconds=services.settings.conversion_timeout_seconds,
                    )
                    kept = ImageFormat.JPEG
        except ImageError as error:
            raise translate(error) from error
        except (WorkTimeoutError, WorkerDiedError) as error:
            # Nothing but the decoder works there: the photo has hung it up, or crashed it.
            log.warning("a decoder did not come back from a photo: %s", error.code)
            raise UnreadablePhotoError("The image could not be decoded.") from error
        yield CleanPhoto(cleaned, kept)


def _identify(path: Path) -> ImageFormat:
    with path.open("rb") as file:
        return inspect(file).format


def _remove_private_metadata(source: Path, target: Path, image_format: ImageFormat) -> None:
    with source.open("rb") as before, target.open("wb") as after:
        remove_private_metadata(before, after, image_format)

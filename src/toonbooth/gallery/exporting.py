"""Puts all that a device has into one archive, with a manifest, while it is being sent."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from toonbooth.gallery.blobs.interface import BlobStore
from toonbooth.gallery.database.tables import DownloadedFace, Original, RegeneratedCartoon
from toonbooth.gallery.errors import PictureNotFoundError
from toonbooth.gallery.operations.browse import Belongings
from toonbooth.gallery.schemas import (
    ExportedCartoonJson,
    ExportedFaceJson,
    ExportedOriginalJson,
    FaceJson,
    ManifestJson,
)
from toonbooth.kit.zip_stream import ZipStream

MANIFEST_NAME: Final = "manifest.json"


@dataclass(slots=True)
class _Packed:
    """A picture that the archive holds."""

    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


async def pack_belongings(belongings: Belongings, blobs: BlobStore, *, now: datetime) -> AsyncIterator[bytes]:
    """The archive, piece by piece; one piece of one picture is in memory at a time.

    The manifest comes last, because only then it is known what the archive really holds.
    """
    archive = ZipStream()
    packed: dict[str, _Packed] = {}
    for row in belongings.rows:
        pieces = blobs.stream(row.key)
        try:
            first = await anext(aiter(pieces), b"")
        except PictureNotFoundError:
            continue  # Deleted since the rows were read, or lost: the manifest says that it is missing.
        noted = packed[row.key] = _Packed()
        async for piece in archive.add(row.key, _note(noted, first, pieces), modified_at=row.created_at):
            yield piece
    manifest = _describe(belongings, packed, now=now).model_dump_json(indent=2).encode()
    async for piece in archive.add(MANIFEST_NAME, _single(manifest), modified_at=now):
        yield piece
    yield archive.finish()


async def _note(noted: _Packed, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    piece = first
    while piece:
        noted.size += len(piece)
        noted.digest.update(piece)
        yield piece
        piece = await anext(rest, b"")


async def _single(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


def _describe(belongings: Belongings, packed: dict[str, _Packed], *, now: datetime) -> ManifestJson:
    def describe_file(row: Original | RegeneratedCartoon | DownloadedFace) -> dict[str, object]:
        found = packed[row.key]
        return {
            "id": str(row.id),
            "file": row.key,
            "file_size": found.size,
            "sha256": found.digest.hexdigest(),
            "created_at": row.created_at,
        }

    device = belongings.device
    return ManifestJson(
        exported_at=now,
        first_seen_at=device.first_seen_at if device else None,
        last_seen_at=device.last_seen_at if device else None,
        originals=[
            ExportedOriginalJson.model_validate(describe_file(original))
            for original in belongings.originals
            if original.key in packed
        ],
        cartoons=[
            ExportedCartoonJson.model_validate(
                describe_file(cartoon)
                | {
                    "original_id": str(cartoon.original_id),
                    "style": cartoon.style,
                    "seed": cartoon.seed,
                    "faces": None if cartoon.faces is None else [FaceJson.of(face) for face in cartoon.faces],
                }
            )
            for cartoon in belongings.cartoons
            if cartoon.key in packed
        ],
        downloaded_faces=[
            ExportedFaceJson.model_validate(describe_file(face) | {"original_id": str(face.original_id)})
            for face in belongings.faces
            if face.key in packed
        ],
        missing=[row.key for row in belongings.rows if row.key not in packed],
    )

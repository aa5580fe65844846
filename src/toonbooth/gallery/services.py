"""What operations work with; opened once in the lifespan, replaced as a whole in another process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from toonbooth.gallery.blobs.interface import BlobStore
from toonbooth.gallery.blobs.staging import StagingFolder
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.signing import UrlSigner
from toonbooth.gallery.studio_client import HttpStudioClient
from toonbooth.kit.workers import WorkerPool


@dataclass(frozen=True, slots=True)
class Services:
    """All that has a lifetime, and the clock."""

    settings: GallerySettings
    database: Database
    blobs: BlobStore
    staging: StagingFolder
    studio: HttpStudioClient
    signer: UrlSigner
    converters: WorkerPool
    read_clock: Callable[[], datetime]

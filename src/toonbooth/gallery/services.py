"""What operations work with; opened once in the lifespan, replaced as a whole in another process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from toonbooth.gallery.blobs.interface import BlobStore
from toonbooth.gallery.blobs.presigning import BucketLinks
from toonbooth.gallery.blobs.renditions import RenditionCache
from toonbooth.gallery.blobs.staging import StagingFolder
from toonbooth.gallery.database.transactions import Database
from toonbooth.gallery.jobs.running import JobRunner
from toonbooth.gallery.renditions import RenditionMaker
from toonbooth.gallery.settings import GallerySettings
from toonbooth.gallery.signing import UrlSigner
from toonbooth.gallery.studio_client import HttpStudioClient
from toonbooth.kit.at_once import AtOnce
from toonbooth.kit.rate_limits import RateLimiter
from toonbooth.kit.workers import WorkerPool


@dataclass(frozen=True, slots=True)
class Storage:
    """What keeps: all that erasing and housekeeping need."""

    database: Database
    blobs: BlobStore
    renditions: RenditionCache
    staging: StagingFolder


@dataclass(frozen=True, slots=True)
class Services(Storage):
    """All that has a lifetime, and the clock."""

    settings: GallerySettings
    studio: HttpStudioClient
    signer: UrlSigner
    converters: WorkerPool
    rendition_maker: RenditionMaker
    jobs: JobRunner
    rate_limiter: RateLimiter
    bucket_links: BucketLinks | None
    """Where clients are sent for pictures; None when the gallery sends them itself."""
    drawings_at_once: AtOnce
    read_clock: Callable[[], datetime]

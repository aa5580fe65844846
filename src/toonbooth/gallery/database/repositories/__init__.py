"""All queries. Each repository is made for one device, so there is no way to ask for another's rows; only
`HousekeepingRepository`, which no request uses, sees all of them. `PortionRepository` sees no device at all.

Writing methods belong into `Database.transaction`, reading ones may run in `Database.reading`.
"""

from toonbooth.gallery.database.repositories.answers import AnswerRepository, ClaimedKey, SavedAnswer
from toonbooth.gallery.database.repositories.cartoons import CartoonRepository
from toonbooth.gallery.database.repositories.devices import DeviceRepository
from toonbooth.gallery.database.repositories.erasure import ErasedRows, ErasureRepository
from toonbooth.gallery.database.repositories.faces import FaceRepository
from toonbooth.gallery.database.repositories.files import FileRepository
from toonbooth.gallery.database.repositories.housekeeping import (
    HousekeepingRepository,
    Kind,
    NamedFile,
)
from toonbooth.gallery.database.repositories.jobs import (
    ENDED_STATES,
    OPEN_STATES,
    JobAnswer,
    JobProgress,
    JobRepository,
    JobState,
)
from toonbooth.gallery.database.repositories.originals import OriginalRepository
from toonbooth.gallery.database.repositories.portions import PortionRepository
from toonbooth.gallery.database.repositories.scope import Page

__all__ = [
    "ENDED_STATES",
    "OPEN_STATES",
    "AnswerRepository",
    "CartoonRepository",
    "ClaimedKey",
    "DeviceRepository",
    "ErasedRows",
    "ErasureRepository",
    "FaceRepository",
    "FileRepository",
    "HousekeepingRepository",
    "JobAnswer",
    "JobProgress",
    "JobRepository",
    "JobState",
    "Kind",
    "NamedFile",
    "OriginalRepository",
    "Page",
    "PortionRepository",
    "SavedAnswer",
]

"""What can go wrong in the gallery.

AppError
├── OriginalNotFoundError      404  original_not_found
├── CartoonNotFoundError       404  cartoon_not_found
├── PictureNotFoundError       404  picture_not_found
├── IdempotencyKeyReusedError  422  idempotency_key_reused
├── DatabaseFailedError        500  database_failed
└── StorageFailedError         500  storage_failed
"""

from toonbooth.kit.errors import AppError


class OriginalNotFoundError(AppError):
    """There is no such original, or it is another device's; nobody learns which."""

    status = 404
    code = "original_not_found"

    def __init__(self) -> None:
        super().__init__("This photo is not here. It may have been deleted.")


class CartoonNotFoundError(AppError):
    """There is no such cartoon, it is another device's, or a download has taken it away."""

    status = 404
    code = "cartoon_not_found"

    def __init__(self) -> None:
        super().__init__("This cartoon is not here. Once one is downloaded, the others are deleted.")


class PictureNotFoundError(AppError):
    """No file has this name, the asker may not see it, or it has gone from the disk."""

    status = 404
    code = "picture_not_found"

    def __init__(self) -> None:
        super().__init__("There is no picture at this address.")


class IdempotencyKeyReusedError(AppError):
    status = 422
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used before, for another request.")


class DatabaseFailedError(AppError):
    """The database refused, or did not answer in time; what happened stands in the log."""

    status = 500
    code = "database_failed"

    def __init__(self) -> None:
        super().__init__("The gallery's database has a problem. Please try again later.")


class StorageFailedError(AppError):
    """The file system refused: disk full, permission denied. What happened stands in the log."""

    status = 500
    code = "storage_failed"

    def __init__(self) -> None:
        super().__init__("The picture could not be stored or read. Please try again later.")

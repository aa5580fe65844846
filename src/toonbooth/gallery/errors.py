"""What can go wrong in the gallery.

AppError
├── InvalidRequestError        400  invalid_request         (kit.errors)
├── InvalidDeviceIdError       400  invalid_device_id
├── InvalidIdError             400  invalid_id
├── MissingFileError           400  missing_file
├── TooManyFilesError          400  too_many_files
├── EmptyFileError             400  empty_file
├── FileTooLargeError          400  file_too_large
├── IncompleteUploadError      400  incomplete_upload
├── UnsupportedTypeError       400  unsupported_image_type
├── UnreadablePhotoError       400  unreadable_image
├── PhotoTooLargeError         400  image_too_large
├── AnimatedPhotoError         400  animated_image
├── UnknownStyleError          400  unknown_style
├── UnknownFaceError           400  unknown_face
├── TooManyOriginalsError      403  too_many_originals
├── OriginalNotFoundError      404  original_not_found
├── CartoonNotFoundError       404  cartoon_not_found
├── FaceNotFoundError          404  face_not_found
├── PictureNotFoundError       404  picture_not_found
├── JobNotFoundError           404  job_not_found
├── RequestInProgressError     409  request_in_progress
├── RangeNotSatisfiableError   416  range_not_satisfiable
├── NoFaceFoundError           422  no_face_found
├── IdempotencyKeyReusedError  422  idempotency_key_reused
├── TooManyRequestsError       429  too_many_requests       (kit.rate_limits)
├── DatabaseFailedError        500  database_failed
├── StorageFailedError         500  storage_failed
├── StudioFailedError          500  studio_failed
├── WorkTimeoutError           500  work_took_too_long      (kit.worker_messages)
├── WorkerDiedError            500  worker_died             (kit.worker_messages)
├── DatabaseUnavailableError   503  database_unavailable
├── StorageUnavailableError    503  storage_unavailable
├── PoolBusyError              503  busy                    (kit.line)
├── ShuttingDownError          503  shutting_down           (kit.draining)
├── StudioBusyError            503  studio_busy
└── StudioUnavailableError     503  studio_unavailable
"""

from typing import Final

from toonbooth.kit.errors import AppError

_RETRY_AFTER_SECONDS: Final = 2


class InvalidDeviceIdError(AppError):
    status = 400
    code = "invalid_device_id"

    def __init__(self) -> None:
        super().__init__("Invalid device_id format. The header x-device-id must be a UUID.")


class InvalidIdError(AppError):
    status = 400
    code = "invalid_id"

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid {name} format. It must be 24 hexadecimal digits.")


class MissingFileError(AppError):
    status = 400
    code = "missing_file"


class TooManyFilesError(AppError):
    status = 400
    code = "too_many_files"


class EmptyFileError(AppError):
    status = 400
    code = "empty_file"


class FileTooLargeError(AppError):
    status = 400
    code = "file_too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"File size exceeds limit ({max_bytes / 1024**2:.4g}MB).")


class IncompleteUploadError(AppError):
    """The body ended, or the client went silent, before the form did."""

    status = 400
    code = "incomplete_upload"

    def __init__(self) -> None:
        super().__init__("The upload broke off before its end. Please try again.")


class UnsupportedTypeError(AppError):
    """The file is no picture, or one of a kind that isn't taken."""

    status = 400
    code = "unsupported_image_type"


class UnreadablePhotoError(AppError):
    """The file begins like a picture and cannot be read as one."""

    status = 400
    code = "unreadable_image"


class PhotoTooLargeError(AppError):
    """More pixels than are ever decoded."""

    status = 400
    code = "image_too_large"


class AnimatedPhotoError(AppError):
    status = 400
    code = "animated_image"


class UnknownStyleError(AppError):
    status = 400
    code = "unknown_style"


class UnknownFaceError(AppError):
    """There are fewer people in the picture than asked for."""

    status = 400
    code = "unknown_face"


class TooManyOriginalsError(AppError):
    """The device keeps as many photos as it may."""

    status = 403
    code = "too_many_originals"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} photos here, which is the most. Delete some to add another.")


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


class FaceNotFoundError(AppError):
    """There is no such downloaded face, or it is another device's."""

    status = 404
    code = "face_not_found"

    def __init__(self) -> None:
        super().__init__("This face is not here. It may have been deleted.")


class PictureNotFoundError(AppError):
    """No file has this name, the asker may not see it, or it has gone from the disk."""

    status = 404
    code = "picture_not_found"

    def __init__(self) -> None:
        super().__init__("There is no picture at this address.")


class JobNotFoundError(AppError):
    """There is no such job, it is another device's, or it is older than a day."""

    status = 404
    code = "job_not_found"

    def __init__(self) -> None:
        super().__init__("This job is not here. Jobs are kept for a day.")


class RequestInProgressError(AppError):
    """The same request, told by its Idempotency-Key, is still being worked on."""

    status = 409
    code = "request_in_progress"

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(
            "This request is still being worked on. Please ask again in a moment.",
            retry_after_seconds=retry_after_seconds,
        )


class RangeNotSatisfiableError(AppError):
    status = 416
    code = "range_not_satisfiable"

    def __init__(self) -> None:
        super().__init__("The picture has no bytes in this range.")


class NoFaceFoundError(AppError):
    """The studio found nobody."""

    status = 422
    code = "no_face_found"


class IdempotencyKeyReusedError(AppError):
    status = 422
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used before, for another request.")


class DatabaseFailedError(AppError):
    """The database refused; what happened stands in the log."""

    status = 500
    code = "database_failed"

    def __init__(self) -> None:
        super().__init__("The gallery's database has a problem. Please try again later.")


class DatabaseUnavailableError(AppError):
    """The database is away, starting, or has more to do than it can bear."""

    status = 503
    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The gallery's database can't be reached. Please try again in a moment.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )


class StorageFailedError(AppError):
    """The file system refused: disk full, permission denied. What happened stands in the log."""

    status = 500
    code = "storage_failed"

    def __init__(self) -> None:
        super().__init__("The picture could not be stored or read. Please try again later.")


class StorageUnavailableError(AppError):
    """The bucket that keeps the pictures doesn't answer, or refuses; or no more files can be open now."""

    status = 503
    code = "storage_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The pictures can't be reached. Please try again in a moment.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )


class StudioFailedError(AppError):
    """The studio refused the connection, hangs, crashed, or sent what is no picture."""

    status = 500
    code = "studio_failed"


class StudioBusyError(AppError):
    """The studio has enough to do."""

    status = 503
    code = "studio_busy"


class StudioUnavailableError(AppError):
    """The studio failed several times in a row and isn't asked for a while."""

    status = 503
    code = "studio_unavailable"

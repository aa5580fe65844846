"""The studio's failures.

AppError
├── InvalidRequestError        400  invalid_request         a field, header or body that isn't right
├── MissingFileError           400  missing_file
├── TooManyFilesError          400  too_many_files
├── EmptyFileError             400  empty_file
├── IncompleteUploadError      400  incomplete_upload
├── FileTooLargeError          400  file_too_large          more than 10 MB
├── PictureRefusedError
│   ├── UnsupportedImageError  400  unsupported_image_type
│   ├── BrokenImageError       400  broken_image
│   ├── TooManyPixelsError     400  image_too_large
│   └── AnimatedImageError     400  animated_image
├── UnknownStyleError          400  unknown_style
├── UnknownFaceError           400  unknown_face            fewer people than that
├── ImageUrlNotAllowedError    400  image_url_not_allowed   an address that images may not be fetched from
├── NotAuthorisedError         401  not_authorised          a token was configured and the request lacks it
├── ImageNotFoundError         404  image_not_found         nothing at `image_url`
├── PreviewNotFoundError       404  preview_not_found       no style of this name
├── NoFaceFoundError           422  no_face_found           nobody to cut out
├── ImageUnreachableError      500  image_unreachable       its server doesn't answer as it should
├── ImageServerBusyError       503  image_server_busy       its server is too slow now, or says so
├── WorkTimeoutError           500  work_took_too_long      (kit.worker_messages)
├── WorkerDiedError            500  worker_died             (kit.worker_messages)
├── PoolBusyError              503  busy                    (kit.line)
├── ShuttingDownError          503  shutting_down           (kit.draining)
├── NoReplicaError             503  no_replica              on Ray: none is there, or it has gone
└── BrokenStudioError          503  broken                  workers cannot be started any more
"""

from typing import Final

from toonbooth.kit.errors import AppError

_RETRY_AFTER_SECONDS: Final = 5


class MissingFileError(AppError):
    status = 400
    code = "missing_file"


class TooManyFilesError(AppError):
    status = 400
    code = "too_many_files"


class EmptyFileError(AppError):
    status = 400
    code = "empty_file"


class IncompleteUploadError(AppError):
    status = 400
    code = "incomplete_upload"


class FileTooLargeError(AppError):
    status = 400
    code = "file_too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The image is larger than {max_bytes // 1024**2} MB.")


class PictureRefusedError(AppError):
    """The bytes are no picture that can be worked on; the sentence is the codec's."""

    status = 400


class UnsupportedImageError(PictureRefusedError):
    code = "unsupported_image_type"


class BrokenImageError(PictureRefusedError):
    code = "broken_image"


class TooManyPixelsError(PictureRefusedError):
    code = "image_too_large"


class AnimatedImageError(PictureRefusedError):
    code = "animated_image"


class UnknownStyleError(AppError):
    status = 400
    code = "unknown_style"


class UnknownFaceError(AppError):
    status = 400
    code = "unknown_face"


class ImageUrlNotAllowedError(AppError):
    status = 400
    code = "image_url_not_allowed"


class NotAuthorisedError(AppError):
    status = 401
    code = "not_authorised"


class ImageNotFoundError(AppError):
    status = 404
    code = "image_not_found"


class PreviewNotFoundError(AppError):
    status = 404
    code = "preview_not_found"


class NoFaceFoundError(AppError):
    status = 422
    code = "no_face_found"


class ImageUnreachableError(AppError):
    status = 500
    code = "image_unreachable"


class ImageServerBusyError(AppError):
    """Whoever keeps the image has too much to do; the same request may go through in a moment."""

    status = 503
    code = "image_server_busy"

    def __init__(self) -> None:
        super().__init__(
            "The server of image_url has too much to do. Please try again in a moment.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )


class BrokenStudioError(AppError):
    status = 503
    code = "broken"


class NoReplicaError(AppError):
    """On a Ray cluster, no replica of the studio has answered; another one, or the next, will."""

    status = 503
    code = "no_replica"

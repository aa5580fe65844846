"""The studio's failures.

AppError
├── InvalidRequestError 400       a field, header or body that isn't what the API asks for
├── UnknownStyleError 400         no style has that name
├── UnreadableImageError 400      the bytes are no picture that can be drawn
├── ImageTooLargeError 400        more than 10 MB
├── ImageUrlNotAllowedError 400   an address that images may not be fetched from
├── NotAuthorisedError 401        a token was configured and the request lacks it
├── ImageNotFoundError 404        nothing at `image_url`
├── NoFaceFoundError 422          nobody to cut out
├── ImageUnreachableError 500     `image_url` is allowed, but its server doesn't answer properly
├── WorkTimeoutError 500          (kit.worker_process)
├── WorkerDiedError 500           (kit.worker_process)
├── PoolBusyError 503             (kit.workers)
└── NotReadyError 503             the first picture has not been drawn yet
"""

from toonbooth.kit.errors import AppError


class UnknownStyleError(AppError):
    status = 400
    code = "unknown_style"


class UnreadableImageError(AppError):
    status = 400
    code = "unreadable_image"


class ImageTooLargeError(AppError):
    status = 400
    code = "file_too_large"


class ImageUrlNotAllowedError(AppError):
    status = 400
    code = "image_url_not_allowed"


class NotAuthorisedError(AppError):
    status = 401
    code = "not_authorised"


class ImageNotFoundError(AppError):
    status = 404
    code = "image_not_found"


class NoFaceFoundError(AppError):
    status = 422
    code = "no_face_found"


class ImageUnreachableError(AppError):
    status = 500
    code = "image_unreachable"


class NotReadyError(AppError):
    status = 503
    code = "not_ready"

"""The roots of all failures: `AppError` is told to clients, the others to whoever runs a command."""

from typing import ClassVar


class AppError(Exception):
    """A failure with a public face.

    `status` and `code` belong to the class: a code is stable, clients may rely on it. The sentence may
    change; it is shown to people, so it says what they can do and holds nothing secret.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, sentence: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after_seconds = retry_after_seconds


class RouteNotFoundError(AppError):
    status = 404
    code = "route_not_found"


class MethodNotAllowedError(AppError):
    status = 405
    code = "method_not_allowed"


class InvalidRequestError(AppError):
    """A parameter, header or body that isn't what the API asks for."""

    status = 400
    code = "invalid_request"


class InternalError(AppError):
    """A bug or an outage; what happened stands in the log only."""

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side. Please try again.")


class StartError(Exception):
    """The service cannot start; the sentence says why and what to do, in one line."""


class FileError(Exception):
    """A file that a command was given cannot be read, used or written; the sentence names it."""

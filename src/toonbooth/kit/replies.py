"""Renders every failure of an application as `{"success": false, "error": …, "code": …}`.

Crashes are answered in `kit.requests`, which stands outside of everything and knows the request id.
"""

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from toonbooth.kit.errors import (
    AppError,
    InternalError,
    InvalidRequestError,
    MethodNotAllowedError,
    RouteNotFoundError,
)

log = logging.getLogger(__name__)

FAILURE_CODE: Final = "toonbooth.failure_code"
"""Where in a request's scope its reply leaves the code of a failure."""

_CLIENT_GONE: Final = 499
"""For the access log: nobody is left to read it."""


class FailureReply(JSONResponse):
    """Leaves its code in the scope, where the outermost layer finds it."""

    def __init__(self, error: AppError, headers: dict[str, str]) -> None:
        body = {"success": False, "error": error.sentence, "code": error.code}
        super().__init__(body, status_code=error.status, headers=headers)
        self._code = error.code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[FAILURE_CODE] = self._code
        await super().__call__(scope, receive, send)


def render_error(error: AppError) -> Response:
    """The one shape of an error reply."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return FailureReply(error, headers)


def log_failure(error: AppError) -> None:
    """Note a failure that is answered: outages with their traceback, what clients do wrong in one line."""
    if error.status >= 500 and error.status != 503:  # busy is no outage
        log.error("%s: %s", error.code, error.sentence, exc_info=error)
    else:
        log.info("%s: %s", error.code, error.sentence)


def install_error_replies(app: FastAPI) -> None:
    """Make the application answer all failures in our shape, the framework's own among them."""

    @app.exception_handler(AppError)
    async def answer_app_error(_request: Request, error: AppError) -> Response:
        log_failure(error)
        return render_error(error)

    @app.exception_handler(ClientDisconnect)
    async def note_client_gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(RequestValidationError)
    async def answer_validation_error(_request: Request, error: RequestValidationError) -> Response:
        return render_error(InvalidRequestError(_first_problem(error)))

    @app.exception_handler(HTTPException)
    async def answer_http_exception(request: Request, error: HTTPException) -> Response:
        reply = render_error(_translate(error, request.method))
        if error.headers and "allow" in {name.lower() for name in error.headers}:
            reply.headers["Allow"] = error.headers.get("Allow") or error.headers.get("allow") or ""
        return reply


def _translate(error: HTTPException, method: str) -> AppError:
    if error.status_code == 404:
        return RouteNotFoundError("There is nothing at this address.")
    if error.status_code == 405:
        return MethodNotAllowedError(f"This address does not take {method}.")
    if error.status_code < 500:
        return InvalidRequestError("The request could not be read.")
    return InternalError()


def _first_problem(error: RequestValidationError) -> str:
    """One sentence about the first thing that is wrong, without what was sent."""
    problems = error.errors()
    name = str(problems[0]["loc"][-1]) if problems and len(problems[0]["loc"]) > 1 else ""
    if not name:
        return "The request could not be read."
    problem, bounds = problems[0]["type"], problems[0].get("ctx", {})
    match problem:
        case "missing":
            return f"{name} is missing."
        case "greater_than_equal":
            return f"{name} must be at least {bounds['ge']}."
        case "less_than_equal":
            return f"{name} must be at most {bounds['le']}."
        case _ if problem.startswith("int_"):
            return f"{name} must be a whole number."
        case _:
            return f"{name} is not what it should be."

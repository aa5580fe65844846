"""Makes an application's OpenAPI document tell the truth about failures: all of them, in our shape."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from toonbooth.kit.errors import AppError, InternalError

JsonObject = dict[str, Any]
"""A piece of an OpenAPI document."""

_REFERENCE: Final = "#/components/schemas/{model}"
_FRAMEWORK_SCHEMAS: Final = ("HTTPValidationError", "ValidationError")
_DESCRIPTIONS: Final = {
    400: "The request is not what it should be.",
    401: "The request lacks the token.",
    403: "The device may not do this.",
    404: "There is no such thing, or it belongs to somebody else.",
    409: "The same request is still being worked on.",
    416: "Nothing of the wanted range lies within the file.",
    422: "The request is understood and cannot be fulfilled.",
    429: "Somebody asks too often; `Retry-After` says when to try again.",
    500: "Something failed on the server's side.",
    503: "Everything is busy; `Retry-After` says when to try again.",
}


class ErrorBody(BaseModel):
    """Every failure looks like this."""

    success: Literal[False] = False
    error: str = Field(description="A sentence that can be shown to a person; it may change.")
    code: str = Field(description="A stable name for the failure; programs go by it.")


def describe_failures(*failures: type[AppError], crash: bool = True) -> dict[int | str, JsonObject]:
    """What a route may answer beside its success, as FastAPI's `responses` wants it; a crash is added."""
    codes: dict[int, list[str]] = {}
    every: tuple[type[AppError], ...] = (*failures, InternalError) if crash else failures
    for failure in every:
        codes.setdefault(failure.status, []).append(failure.code)
    return {
        status: {
            "model": ErrorBody,
            "description": f"{_DESCRIPTIONS[status]} `code`: {_join(names)}.",
        }
        | ({"headers": {"Retry-After": _RETRY_AFTER}} if status in {409, 429, 503} else {})
        for status, names in sorted(codes.items())
    }


_RETRY_AFTER: Final[JsonObject] = {"description": "Seconds.", "schema": {"type": "integer"}}


def describe_body(model: type[BaseModel], *media_types: str, required: bool) -> JsonObject:
    """A body that a route reads by itself, as FastAPI's `openapi_extra` wants it; name the model in
    `install_openapi` too.
    """
    content = {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}
    return {"requestBody": {"required": required, "content": dict.fromkeys(media_types, content)}}


def install_openapi(app: FastAPI, *, body_models: Sequence[type[BaseModel]] = ()) -> None:
    """Serve the corrected document in place of the framework's, with the models of `describe_body`."""

    def build() -> JsonObject:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            _remove_framework_failures(document)
            _, models = models_json_schema(
                [(model, "validation") for model in body_models], ref_template=_REFERENCE
            )
            document["components"]["schemas"].update(models.get("$defs", {}))
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign] # FastAPI's documented way


def _remove_framework_failures(document: JsonObject) -> None:
    """The framework adds a 422 of a shape of its own to every route; ours answers 400 in ours."""
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    schemas = document.get("components", {}).get("schemas", {})
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)


def _join(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))

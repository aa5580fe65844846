"""The OpenAPI documents: committed as they are served, and true about failures."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rules.openapi_snapshot import SERVICES, build_document, locate, render
from toonbooth.gallery import errors as gallery_errors
from toonbooth.kit.errors import AppError

ERROR_FIELDS = {"success", "error", "code"}

Document = dict[str, Any]


@pytest.fixture(scope="module", params=SERVICES)
def document(request: pytest.FixtureRequest) -> Document:
    return build_document(request.param)


def each_response(document: Document) -> Iterator[tuple[str, int, Document]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                yield f"{method.upper()} {path}", int(status), response


def resolve(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_document_is_the_one_that_is_served(service: str) -> None:
    committed = locate(service).read_text(encoding="utf-8")

    assert committed == render(build_document(service)), "run `make openapi`, and look at what changed"


def test_every_failure_has_our_shape(document: Document) -> None:
    failures = [entry for entry in each_response(document) if entry[1] >= 400]
    assert failures
    for _, _, response in failures:
        schema = resolve(document, response["content"]["application/json"]["schema"])
        assert schema["properties"].keys() == ERROR_FIELDS


def test_every_success_says_what_it_holds(document: Document) -> None:
    for name, status, response in each_response(document):
        if status in {200, 206}:
            for media_type, content in response["content"].items():
                assert content["schema"] != {}, (name, media_type)


def test_every_operation_is_described(document: Document) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)


def test_no_failure_of_the_framework_is_left(document: Document) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def test_every_reference_leads_somewhere(document: Document) -> None:
    references = set(re.findall(r'"\$ref": "([^"]+)"', render(document)))

    for reference in references:
        assert reference.startswith("#/components/schemas/")
        resolve(document, {"$ref": reference})


def test_the_gallery_names_every_code_that_it_has() -> None:
    named = set(re.findall(r"`([a-z_]+)`", render(build_document("gallery"))))
    codes = {
        failure.code
        for failure in vars(gallery_errors).values()
        if isinstance(failure, type) and issubclass(failure, AppError) and failure is not AppError
    }

    assert codes <= named


def test_the_gallery_s_error_tree_names_every_failure_with_its_status_and_code() -> None:
    entries = re.findall(r"[├└]── (\w+) +(\d{3}) +(\w+)", gallery_errors.__doc__ or "")
    tree = {name: (int(status), code) for name, status, code in entries}
    defined = {
        failure.__name__: (failure.status, failure.code)
        for failure in vars(gallery_errors).values()
        if isinstance(failure, type)
        and issubclass(failure, AppError)
        and failure.__module__ == gallery_errors.__name__
    }

    assert defined.items() <= tree.items()

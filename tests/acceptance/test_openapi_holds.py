"""What the OpenAPI documents of both services say is what they do, whatever is asked: Schemathesis asks."""

import uuid
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.acceptance.running import RunningToonbooth

EXAMPLES = 15
"""For each operation; the search is the same each time."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("service", ["gallery", "studio"])
def test_no_request_is_answered_otherwise_than_described(toonbooth: RunningToonbooth, service: str) -> None:
    base_url = toonbooth.gallery_url if service == "gallery" else toonbooth.studio_url
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json")
    device = {"x-device-id": str(uuid.uuid4())}
    asked = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case[Any]) -> None:
            nonlocal asked
            asked += 1
            reply = case.call(base_url=base_url, headers=device, timeout=30)
            case.validate_response(reply, checks=CHECKS)

        ask()
    assert asked >= EXAMPLES

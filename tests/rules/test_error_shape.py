"""Whatever an application answers that is no success has one shape, also what nobody has thought of."""

import httpx
import pytest
from fastapi import FastAPI

from tests.rules.openapi_snapshot import SERVICES, build_app


async def ask(app: FastAPI, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
        return await client.request(method, path)


def check_shape(reply: httpx.Response, status: int) -> None:
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"]
    body = reply.json()
    assert set(body) == {"success", "error", "code"}
    assert body["success"] is False
    assert body["error"].endswith(".")
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("service", SERVICES)
async def test_an_unknown_route_a_wrong_method_and_a_crash(service: str) -> None:
    app = build_app(service)

    async def crash() -> None:
        raise ZeroDivisionError("a secret in a traceback")

    app.add_api_route("/crash", crash)

    check_shape(await ask(app, "GET", "/unknown"), 404)
    check_shape(await ask(app, "DELETE", "/health"), 405)
    crashed = await ask(app, "GET", "/crash")
    check_shape(crashed, 500)
    assert "secret" not in crashed.text

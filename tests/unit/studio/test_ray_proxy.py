"""What clients of a studio on Ray hear when Ray itself answers, or nobody does."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from toonbooth.studio.on_ray.proxy import REPLICA_HEADER, make_middlewares


def in_a_proxy(app: ASGIApp) -> ASGIApp:
    """As Ray does it."""
    for middleware in make_middlewares():
        app = middleware.cls(app, *middleware.args, **middleware.kwargs)
    return app


async def ask(app: ASGIApp, path: str = "/generate-cartoon", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(in_a_proxy(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.example") as client:
        return await client.get(path, headers=headers)


def replying(reply: Response) -> ASGIApp:
    return reply


def assert_is_no_replica(reply: httpx.Response) -> None:
    assert reply.status_code == 503
    assert reply.json()["code"] == "no_replica"
    assert reply.json()["success"] is False
    assert int(reply.headers["Retry-After"]) >= 1
    assert len(reply.headers.get_list("X-Request-Id")) == 1


async def test_a_replicas_reply_goes_through_without_its_mark() -> None:
    headers = {REPLICA_HEADER: "1", "Retry-After": "7", "X-Request-Id": "theirs"}

    reply = await ask(replying(JSONResponse({"code": "busy"}, 503, headers)))

    assert (reply.status_code, reply.json(), reply.headers["Retry-After"]) == (503, {"code": "busy"}, "7")
    assert REPLICA_HEADER not in reply.headers


@pytest.mark.parametrize("status", [404, 408, 429, 500, 503])
async def test_what_ray_says_itself_becomes_a_503_in_our_shape(status: int) -> None:
    assert_is_no_replica(
        await ask(replying(PlainTextResponse("Request dropped due to backpressure", status)))
    )


async def test_a_replica_that_died_before_it_answered_becomes_a_503() -> None:
    async def says_nothing(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    assert_is_no_replica(await ask(says_nothing))


async def test_a_proxy_that_fails_becomes_a_503_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("no route table yet")

    assert_is_no_replica(await ask(fails))
    assert "no route table yet" in caplog.text


async def test_a_reply_that_has_begun_breaks_instead_of_ending_as_another() -> None:
    async def dies_in_the_middle(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(REPLICA_HEADER.lower().encode(), b"1")],
            }
        )
        raise RuntimeError("the connection to the replica is lost")

    with pytest.raises(RuntimeError, match="lost"):
        await ask(dies_in_the_middle)


@pytest.mark.parametrize(("offered", "is_kept"), [("a-caller-of-ours", True), ("no\tid", False)])
async def test_one_request_id_holds_in_the_replica_and_in_the_reply(offered: str, is_kept: bool) -> None:
    async def tell_id(request: Request) -> Response:
        seen = request.headers["x-request-id"]
        return PlainTextResponse(seen, headers={REPLICA_HEADER: "1", "X-Request-Id": "of-rays"})

    reply = await ask(Starlette(routes=[Route("/", tell_id)]), "/", **{"X-Request-Id": offered})

    assert reply.headers.get_list("X-Request-Id") == [reply.text]
    assert (reply.text == offered) is is_kept


async def test_what_load_balancers_ask_a_proxy_stays_rays() -> None:
    reply = await ask(replying(PlainTextResponse("success")), "/-/healthz")

    assert (reply.status_code, reply.text) == (200, "success")

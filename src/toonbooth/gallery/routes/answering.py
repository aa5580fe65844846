"""Answers the requests that have pictures made: at the end of the work, or at once with a job."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from toonbooth.gallery.database.repositories import SavedAnswer
from toonbooth.gallery.database.tables import Job
from toonbooth.gallery.dependencies import RESPOND_ASYNC
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.idempotency import (
    Answer,
    Attempt,
    RequestKey,
    SaveHook,
    answer_once,
    compute_fingerprint,
)
from toonbooth.gallery.jobs.progress import ProgressBoard
from toonbooth.gallery.jobs.watching import open_job
from toonbooth.gallery.schemas import JobDataJson, JobJson, Success
from toonbooth.gallery.services import Services
from toonbooth.gallery.studio_progress import Listener
from toonbooth.kit.connections import while_connected

JOBS_PATH: Final = "/api/jobs"
_NEVER_CACHED: Final = {"Cache-Control": "no-store"}
_GRACE_SECONDS: Final = 30.0
"""A phone that has lost its connection comes back with the same key; its work goes on so long."""

Work = Callable[[Attempt, Listener | None], Awaitable[None]]

JOB_REPLY: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "model": Success[JobDataJson],
        "description": f"With `Prefer: {RESPOND_ASYNC}`: the job that does it.",
        "headers": {
            "Location": {"description": "Where the job is found.", "schema": {"type": "string"}},
            "Preference-Applied": {"schema": {"type": "string"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """Who asks for what. `asked` is all that makes two requests the same; `resources` are open until the work
    is over.
    """

    request: Request
    device: DeviceId
    route: str
    key: str | None
    asked: tuple[object, ...]
    resources: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def request_key(self) -> RequestKey | None:
        return None if self.key is None else RequestKey(self.route, self.key, self.fingerprint)

    @property
    def fingerprint(self) -> str:
        return compute_fingerprint(*self.asked)


async def answer_at_the_end(services: Services, asked: PictureRequest, work: Work) -> Response:
    """Do the work while the client waits. When it leaves, and cannot come back, the work is dropped."""

    async def do(attempt: Attempt) -> None:
        await work(attempt, None)

    answer = await while_connected(
        asked.request,
        answer_once(services, asked.device, asked.request_key, do),
        grace_seconds=0.0 if asked.key is None else _GRACE_SECONDS,
    )
    return _render_answer(answer)


async def answer_with_job(services: Services, asked: PictureRequest, work: Work) -> Response:
    """Begin the work as a job; the same key again gets the same job, or the answer there is."""
    opened = await open_job(
        services, asked.device, kind=asked.route, key=asked.key, fingerprint=asked.fingerprint
    )
    if isinstance(opened, SavedAnswer):
        return _render_answer(Answer(opened.status, opened.body, is_replay=True))
    job, is_new = opened
    if is_new:

        async def do(save: SaveHook, board: ProgressBoard) -> Answer:
            async def attempt_it(attempt: Attempt) -> None:
                await work(attempt, board.hear)

            return await answer_once(services, asked.device, asked.request_key, attempt_it, also_save=save)

        services.jobs.start(job.id, asked.device, do, resources=asked.resources.pop_all())
    return render_job(job, status=202, Location=f"{JOBS_PATH}/{job.id}", Preference_Applied=RESPOND_ASYNC)


def render_job(job: Job, *, status: int = 200, **headers: str) -> Response:
    """A job as a reply; what the headers' names have for a line is a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = Success(data=JobDataJson(job=JobJson.of(job))).model_dump_json()
    return Response(body, status_code=status, media_type="application/json", headers=_NEVER_CACHED | named)


def _render_answer(answer: Answer) -> Response:
    return Response(
        answer.body,
        status_code=answer.status,
        media_type="application/json",
        headers=_NEVER_CACHED | ({"Idempotent-Replayed": "true"} if answer.is_replay else {}),
    )

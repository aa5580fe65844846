"""A replica: a whole studio within one of Ray's processes.

The line stands in here, not in Ray: only it knows how long pictures take, whose turn it is, and when to say
no. So Ray hands over all that comes, at once, to a replica that has little to do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from toonbooth.kit.errors import StartError
from toonbooth.kit.listening import bind_listener
from toonbooth.kit.logs import configure_logs
from toonbooth.kit.metrics import SHARED_FOLDER_VARIABLE
from toonbooth.kit.response_headers import ResponseHeadersMiddleware
from toonbooth.kit.server import serving_metrics
from toonbooth.kit.tracing import open_tracer
from toonbooth.kit.worker_messages import WorkStarvedError
from toonbooth.studio.app import create_app
from toonbooth.studio.errors import BrokenStudioError
from toonbooth.studio.on_ray.proxy import REPLICA_HEADER
from toonbooth.studio.routes import Services
from toonbooth.studio.settings import StudioSettings

_MORE_THAN_THE_LINE: Final = 100
"""Requests that a replica takes beyond those in its line: to be refused, or to ask for its health."""

_QUEUED_BY_RAY: Final = 100
"""In a proxy, while no replica takes any: one has gone and the next is still starting."""

_WAITING_PER_WORKER: Final = 0.5
"""Beyond this, on average, another replica is started."""

_UPSCALE_SECONDS: Final = 10.0
"""Shorter than a request may wait, even with the time in which Ray counts."""

_DOWNSCALE_SECONDS: Final = 300.0
_LOOK_BACK_SECONDS: Final = 15.0
_HEALTH_PERIOD_SECONDS: Final = 10.0
_HEALTH_SECONDS: Final = 30.0
"""Ray replaces a replica that fails three times; the drawing that it makes for the proof has 10 s."""

_START_ATTEMPTS: Final = 3


class StudioReplica:
    """What Ray makes of us. A studio that is open from the first to the last breath of its process."""

    async def __init__(self, settings: StudioSettings) -> None:  # type: ignore[misc]  # Ray awaits it
        configure_logs(settings.log_level, settings.log_format, service="studio")
        # Workers would load the main module of their parent, which is Ray's here: seconds, and 60 MB each.
        vars(sys.modules["__main__"]).pop("__file__", None)
        _make_metrics_folder()
        self._open = AsyncExitStack()
        tracer = self._open.enter_context(open_tracer(settings.traces_url, service="studio"))
        self._app = create_app(settings, tracer=tracer)
        # Here and not by Ray, for this way its status tells what was wrong.
        await self._open.enter_async_context(self._app.router.lifespan_context(self._app))
        self._app.router.lifespan_context = _open_already
        self._app.add_middleware(ResponseHeadersMiddleware, defaults={REPLICA_HEADER: "1"})
        if settings.metrics_port is not None:
            listener = bind_listener(settings.metrics_host, settings.metrics_port, is_one_of_several=True)
            await self._open.enter_async_context(serving_metrics(self._app.state.metrics, listener))

    def __serve_build_asgi_app__(self) -> FastAPI:
        return self._app

    async def check_health(self) -> None:
        """Asked by Ray every few seconds, which replaces a replica that raises again and again.

        A machine that has too much to do gets no better by that.
        """
        services: Services = self._app.state.services
        try:
            await services.readiness.check()
        except BrokenStudioError as error:
            if not isinstance(error.__cause__, WorkStarvedError):
                raise

    async def __del__(self) -> None:
        """Called by Ray when the last request is answered."""
        await self._open.aclose()


@asynccontextmanager
async def _open_already(_app: FastAPI) -> AsyncIterator[None]:
    yield


def describe_application(settings: StudioSettings, *, metrics_folder: Path) -> Application:
    """What Ray is to run. `metrics_folder`: where the replicas of one machine count together."""
    environment = {SHARED_FOLDER_VARIABLE: str(metrics_folder)} if settings.metrics_port is not None else {}
    deployment = serve.deployment(
        name="studio",
        max_ongoing_requests=settings.workers + settings.max_waiting + _MORE_THAN_THE_LINE,
        max_queued_requests=_QUEUED_BY_RAY,
        autoscaling_config={
            "min_replicas": settings.ray_min_replicas,
            "max_replicas": settings.ray_max_replicas,
            "target_ongoing_requests": settings.workers * (1 + _WAITING_PER_WORKER),
            "upscale_delay_s": _UPSCALE_SECONDS,
            "downscale_delay_s": _DOWNSCALE_SECONDS,
            "look_back_period_s": _LOOK_BACK_SECONDS,
        },
        ray_actor_options={
            "num_cpus": settings.workers,
            "num_gpus": settings.ray_gpus_per_replica,
            "runtime_env": {"env_vars": environment},
        },
        graceful_shutdown_timeout_s=float(settings.drain_seconds),
        graceful_shutdown_wait_loop_s=0.5,
        health_check_period_s=_HEALTH_PERIOD_SECONDS,
        health_check_timeout_s=_HEALTH_SECONDS,
        max_constructor_retry_count=_START_ATTEMPTS,
        logging_config=describe_rays_logs(settings),
    )(serve.ingress()(StudioReplica))
    return deployment.bind(settings)


def describe_rays_logs(settings: StudioSettings) -> dict[str, object]:
    """What Ray itself may say: warnings, in our format. Our own access log has a line for each request."""
    return {
        "encoding": "JSON" if settings.log_format == "json" else "TEXT",
        "log_level": "WARNING",
        "enable_access_log": False,
    }


def _make_metrics_folder() -> None:
    folder = os.environ.get(SHARED_FOLDER_VARIABLE)
    if folder is None:
        return
    path = Path(folder)
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.getuid():
        raise StartError(f"The folder for metrics, {path}, is somebody else's.")

"""The command's side: has a cluster run the studio, and takes it away again when told to stop."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import re
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import ray
from ray import serve
from ray.exceptions import RayError
from ray.serve.config import ProxyLocation
from ray.serve.exceptions import RayServeException

from toonbooth.contract import READY_PATH
from toonbooth.kit.errors import StartError
from toonbooth.kit.probing import find_answer
from toonbooth.kit.processes import signals_handled
from toonbooth.studio.on_ray.proxy import REPLICA_HEADER
from toonbooth.studio.on_ray.reaching import is_there
from toonbooth.studio.on_ray.replica import describe_application, describe_rays_logs
from toonbooth.studio.settings import StudioSettings

NAME: Final = "toonbooth-studio"
"""Of the application on the cluster."""

_START_SECONDS: Final = 600.0
"""A cluster that grows brings up a machine first."""

_TELL_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 10.0
_SLACK_SECONDS: Final = 10.0

_RAYS_ENVIRONMENT: Final = {
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "toonbooth.studio.on_ray.proxy.make_middlewares",
    # Whoever comes to one machine would wait there, while others have nothing to do.
    "RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING": "0",
    "RAY_SERVE_PROXY_PREFER_LOCAL_AZ_ROUTING": "0",
    # Each proxy remembers how long lines are, and others make them longer meanwhile.
    "RAY_SERVE_QUEUE_LENGTH_CACHE_TIMEOUT_S": "0.5",
    # A machine that draws on all cores may take more than the usual 0.1 s to tell, and must not be left out.
    "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "1",
    # Where much else is going on, a proxy takes longer to start than the 5 s after which Ray kills it.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
}
"""For what of Ray Serve stands between clients and replicas."""

_ERROR: Final = re.compile(r"[\w.]+(Error|Exception): ")

log = logging.getLogger(__name__)


class ClusterGoneError(StartError):
    """Its head doesn't answer any more."""


def run_on_ray(settings: StudioSettings, address: str, *, on_ready: Callable[[], None]) -> None:
    """Have a cluster run the studio until SIGINT or SIGTERM; what runs then gets `drain_seconds` to finish.

    A process that is killed leaves the studio running; the next one takes it over, replica by replica.

    Parameters
    ----------
    address : `host:port` of the cluster's head, or "auto".
    on_ready : called once, when the studio answers at the host and port of the settings.

    Raises
    ------
    StartError
        When the cluster can't be used, doesn't get the studio to run, or goes away.
    """
    told_to_stop = threading.Event()
    with _connected(address), signals_handled(lambda _number, _frame: told_to_stop.set()):
        is_taken_over = NAME in serve.status().applications
        try:
            _deploy(settings)
            is_ready = _wait_until_ready(settings, told_to_stop)
        except StartError:
            if not is_taken_over:  # else its old replicas still serve
                _take_away()
            raise
        if is_ready:
            on_ready()
            _watch(told_to_stop)
        _take_away()


@contextmanager
def _connected(address: str) -> Generator[None]:
    try:
        ray.init(
            address=address,
            runtime_env={"env_vars": _RAYS_ENVIRONMENT},
            # Replicas' lines stay with them: in our form, and not all in one place.
            log_to_driver=False,
            logging_level=logging.WARNING,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise StartError(_explain(address, error)) from error
    _quieten_ray()
    is_gone = False
    try:
        yield
    except ClusterGoneError:
        is_gone = True
        raise
    finally:
        if is_gone:
            # Ray would try to take its leave for a minute, and then crash. All is said by then.
            atexit.register(os._exit, 1)
        else:
            ray.shutdown()


def _quieten_ray() -> None:
    """Of what Ray says in this process only warnings are left, and they come out where ours do."""
    rays = logging.getLogger("ray.serve")
    rays.handlers.clear()
    rays.propagate = True
    rays.setLevel(logging.WARNING)


def _explain(address: str, error: Exception) -> str:
    return f"Cannot use the Ray cluster at {address}: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _deploy(settings: StudioSettings) -> None:
    folder = Path(tempfile.gettempdir()) / f"toonbooth-metrics-{secrets.token_hex(8)}"
    application = describe_application(settings, metrics_folder=folder)
    try:
        serve.start(
            proxy_location=ProxyLocation.EveryNode,
            http_options={
                "host": settings.host,
                "port": settings.port,
                "request_timeout_s": settings.max_wait_seconds
                + settings.work_timeout_seconds
                + _SLACK_SECONDS,
            },
            logging_config=describe_rays_logs(settings),
        )
        target = serve.RunTarget(application, name=NAME, route_prefix="/")
        serve.run_many([target], wait_for_applications_running=False)
    except (RayError, RayServeException, TimeoutError) as error:
        raise StartError(f"Ray Serve does not start: {_first_line(error)}") from error


def _wait_until_ready(settings: StudioSettings, told_to_stop: threading.Event) -> bool:
    """Whether it is; otherwise we were told to stop meanwhile."""
    began = told_at = time.monotonic()
    while not told_to_stop.wait(_POLL_SECONDS):
        application = serve.status().applications.get(NAME)
        if application is not None and application.status == "RUNNING" and _answers(settings):
            return True
        now = time.monotonic()
        if application is not None and application.status in {"DEPLOY_FAILED", "UNHEALTHY"}:
            raise StartError(f"The studio does not start on the cluster: {_tell_state(application)}")
        if now - began > _START_SECONDS:
            raise StartError(f"The studio is not ready on the cluster: {_tell_state(application)}")
        if now - told_at > _TELL_SECONDS:
            told_at = now
            log.warning("the studio is not ready on the cluster yet: %s", _tell_state(application))
    return False


def _watch(told_to_stop: threading.Event) -> None:
    head = ray.get_runtime_context().gcs_address
    status = "RUNNING"
    while not told_to_stop.wait(_LOOK_SECONDS):
        # Ray itself would wait for the head's return without end.
        if not is_there(head):
            raise ClusterGoneError("The Ray cluster is gone; start it, and then this again.")
        try:
            application = serve.status().applications.get(NAME)
        except (RayError, RayServeException) as error:
            log.warning("Ray Serve does not say how the studio is: %s", _first_line(error))
            continue
        if application is None:
            raise StartError("Somebody took the studio off the cluster.")
        if application.status.value != status:
            status = application.status.value
            log.warning("the studio on the cluster is %s", status)


def _take_away() -> None:
    serve.delete(NAME)
    if not serve.status().applications:
        serve.shutdown()


def _tell_state(application: Any) -> str:
    """What Ray says about it, in one line; of a traceback the error."""
    if application is None:
        return "Ray Serve does not know it."
    messages = [each.message for each in application.deployments.values()] or [application.message]
    lines = [line.strip() for message in messages for line in message.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    return errors[-1] if errors else " ".join(lines) or f"No proxy of Ray answers at {READY_PATH}."


def _answers(settings: StudioSettings) -> bool:
    """Whether this machine's proxy passes requests on, to a replica that draws."""
    answer = find_answer(_near(settings.host), settings.port, READY_PATH, timeout_seconds=_LOOK_SECONDS)
    if answer is None:
        return False
    if REPLICA_HEADER in answer:
        raise StartError(
            "Ray Serve was started on this cluster by something else, and its proxies lack what the studio "
            "needs: run `serve shutdown` first."
        )
    return True


def _near(host: str) -> str:
    """Where this machine reaches what listens at `host`."""
    with contextlib.suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "::1"
    return host

"""The settings of both services that say how they are watched."""

from typing import Annotated

from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings

from toonbooth.kit.logs import LogFormat


class WatchedSettings(BaseSettings):
    """What a service's own settings begin with."""

    log_format: Annotated[
        LogFormat, Field(description="Log lines for people, or one JSON object a line for machines.")
    ] = "text"
    metrics_host: Annotated[
        str, Field(min_length=1, description="The address that metrics are read at, apart from all clients.")
    ] = "127.0.0.1"
    metrics_port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="The port that metrics are read at; without it they are not."),
    ] = None
    traces_url: Annotated[
        HttpUrl | None,
        Field(
            description="Where traces go, by OTLP over HTTP, `http://collector:4318/v1/traces` for one; "
            "none when left out."
        ),
    ] = None

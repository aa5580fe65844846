"""The studio's settings: environment variables that start with `STUDIO_`, with defaults for a laptop."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from toonbooth.kit.environment import describe_problems, read_variables
from toonbooth.kit.errors import StartError
from toonbooth.kit.watching import WatchedSettings
from toonbooth.studio.origins import TrustedOrigin, read_trusted_origins

PREFIX: Final = "STUDIO_"
LOOPBACK_GALLERY: Final = "http://127.0.0.1:3000/uploads/=127.0.0.0/8"


def count_cores() -> int:
    """The cores that this process may use, which is less than the machine has in many containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _split_origins(value: object) -> object:
    return read_trusted_origins(value) if isinstance(value, str) else value


class StudioSettings(WatchedSettings):
    """Read by `read_settings`; tests build it with keywords. Nothing else looks at the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )

    host: Annotated[str, Field(min_length=1, description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="The port to listen on.")] = 8000
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="The least severe line logged.")
    ] = "info"
    drain_seconds: Annotated[
        int, Field(ge=0, le=600, description="What running requests get to finish when told to stop.")
    ] = 20
    token: Annotated[
        SecretStr | None,
        Field(
            min_length=16,
            description="When given, pictures need it as `Authorization: Bearer`. Must be given to listen on "
            "anything but a loopback address.",
        ),
    ] = None

    models_dir: Annotated[
        Path | None,
        AfterValidator(lambda path: path and path.absolute()),
        Field(description="Where the face models lie; the user's cache folder when left out."),
    ] = None
    max_side_pixels: Annotated[int, Field(ge=256, le=4096, description="The longest side of a cartoon.")] = (
        1080
    )
    neural_styles_dir: Annotated[
        Path | None,
        AfterValidator(lambda path: path and path.absolute()),
        Field(description="Manifests of neural styles (docs/styles.md); without it there are none."),
    ] = None
    allow_noncommercial: Annotated[
        bool,
        Field(description="1 also takes networks that forbid commercial use, or whose licence doesn't say."),
    ] = False
    onnx_provider: Annotated[
        Literal["auto", "cpu", "cuda", "tensorrt", "migraphx", "rocm", "openvino", "directml", "coreml"],
        Field(
            description="What .onnx networks run on; auto takes the GPU that ONNX Runtime has, or the CPU."
        ),
    ] = "auto"
    trusted_origins: Annotated[
        tuple[TrustedOrigin, ...],
        BeforeValidator(_split_origins),
        Field(
            description="Where image_url may point: URL prefix that ends with /, =, and the addresses that "
            "its host may have, separated by commas. Several are separated by spaces."
        ),
    ] = Field(default=LOOPBACK_GALLERY, validate_default=True)

    workers: Annotated[
        int,
        Field(
            ge=1,
            le=256,
            default_factory=count_cores,
            description="How many pictures are worked on at once; one per core when left out.",
        ),
    ]
    worker_memory_mb: Annotated[
        int, Field(ge=512, le=1_000_000, description="What one worker may allocate; Linux only.")
    ] = 3072
    threads_per_worker: Annotated[
        int, Field(ge=1, le=64, description="Threads within one picture; does not change its bytes.")
    ] = 1
    max_waiting: Annotated[
        int, Field(ge=0, le=10_000, description="How many requests wait for a worker before 503.")
    ] = 16
    max_wait_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            description="What a request may wait for a worker; one that would wait longer gets 503 at once.",
        ),
    ] = 20.0
    work_timeout_seconds: Annotated[
        float, Field(gt=0, le=600, description="What one picture may take once a worker has it.")
    ] = 30.0

    ray_min_replicas: Annotated[
        int, Field(ge=1, le=1000, description="With --ray: replicas that are always there.")
    ] = 1
    ray_max_replicas: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="With --ray: what they may grow to while requests wait. Each takes as many of the "
            "cluster's CPUs as it has workers.",
        ),
    ] = 4
    ray_gpus_per_replica: Annotated[
        float,
        Field(
            ge=0,
            le=64,
            description="With --ray: GPUs that a replica takes for neural styles; 0.25 lets four share one.",
        ),
    ] = 0.0

    @model_validator(mode="after")
    def _order_replicas(self) -> Self:
        if self.ray_min_replicas > self.ray_max_replicas:
            raise ValueError(f"{PREFIX}RAY_MIN_REPLICAS must not be more than {PREFIX}RAY_MAX_REPLICAS.")
        if self.ray_gpus_per_replica > 1 and not self.ray_gpus_per_replica.is_integer():
            raise ValueError(f"{PREFIX}RAY_GPUS_PER_REPLICA must be a part of one GPU, or a whole number.")
        return self

    @model_validator(mode="after")
    def _demand_a_token_off_the_loopback(self) -> Self:
        # The studio works for whoever asks, and fetches pictures for them.
        if self.token is None and not _is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}TOKEN must be given when the studio listens on anything but a loopback address."
            )
        return self

    @classmethod
    def settings_customise_sources(  # a constructor that also reads the environment surprises tests
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read_settings(environment: Mapping[str, str]) -> StudioSettings:
    """Read the settings from environment variables.

    Raises
    ------
    StartError
        When a variable with our prefix is unknown or has an impossible value, which is not repeated.
    """
    given: dict[str, Any] = dict(
        read_variables(environment, prefix=PREFIX, known=StudioSettings.model_fields)
    )
    try:
        return StudioSettings(**given)
    except ValidationError as error:
        raise StartError(describe_problems(error, prefix=PREFIX)) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"

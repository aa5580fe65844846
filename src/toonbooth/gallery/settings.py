"""The gallery's settings: environment variables that start with `GALLERY_`, with defaults for a laptop."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
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

from toonbooth.contract import MAX_IMAGE_BYTES
from toonbooth.gallery.addresses import read_base_url, read_origin
from toonbooth.gallery.database.engines import DEFAULT_CONNECTIONS
from toonbooth.gallery.uploading import MAX_SECONDS
from toonbooth.kit.environment import describe_problems, read_variables
from toonbooth.kit.errors import StartError
from toonbooth.kit.rate_limits import IN_DATABASE, IN_MEMORY, Limits, read_limits
from toonbooth.kit.watching import WatchedSettings

PREFIX: Final = "GALLERY_"
DISK: Final = "disk"
EMBEDDED_DATABASE_FILE: Final = "gallery.sqlite3"
_EMBEDDED: Final = "sqlite"

Network = IPv4Network | IPv6Network


def _split_networks(value: object) -> object:
    """`10.0.0.0/8, 192.168.1.7` is two networks, one of them a single address."""
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


def _split_texts(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _read_limits(value: object) -> object:
    return read_limits(value) if isinstance(value, str) else value


BaseUrl = Annotated[str, AfterValidator(read_base_url)]
"""Scheme, host, port and perhaps a path; kept without a slash at its end."""

Origin = Annotated[str, AfterValidator(read_origin)]
"""Scheme, host and port of a web page, as a browser writes it."""

RateLimit = Annotated[Limits, BeforeValidator(_read_limits)]
"""`120/minute`; several separated by semicolons."""


class GallerySettings(WatchedSettings):
    """Read by `read_settings`; tests build it with keywords. Nothing else looks at the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=True,
        arbitrary_types_allowed=True,
    )

    host: Annotated[str, Field(min_length=1, description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="The port to listen on.")] = 3000
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="The least severe line logged.")
    ] = "info"
    drain_seconds: Annotated[
        int, Field(ge=0, le=600, description="What running requests get to finish when told to stop.")
    ] = 20

    data_dir: Annotated[
        Path, AfterValidator(Path.absolute), Field(description="Pictures, signing keys, embedded database.")
    ] = Field(default=Path("data"), validate_default=True)
    database_url: str = Field(
        default_factory=lambda given: f"sqlite+aiosqlite:///{given['data_dir'] / EMBEDDED_DATABASE_FILE}",
        repr=False,
        description="Such as `postgresql+asyncpg://user:password@host/name`; an SQLite file in the data "
        "folder when left out.",
    )
    database_connections: Annotated[
        int,
        Field(ge=1, le=1000, description="How many connections to a database server there may be at once."),
    ] = DEFAULT_CONNECTIONS
    blob_url: Annotated[
        str | None,
        Field(
            description="A bucket for the pictures, `s3://bucket/prefix`, `gs://…` or `az://…`, with "
            "credentials in the variables that its cloud's tools read; a folder in the data folder when left "
            "out."
        ),
    ] = None
    other_blob_url: Annotated[
        str | None,
        Field(
            description="While pictures move to `GALLERY_BLOB_URL`: where they were, a bucket or `disk`, the "
            "folder in the data folder (docs/operations.md)."
        ),
    ] = None
    files_from: Annotated[
        Literal["gallery", "bucket"],
        Field(
            description="Who sends the pictures of a bucket: the gallery, or bucket, where clients are sent "
            "by a redirect that is good for five minutes (docs/operations.md)."
        ),
    ] = "gallery"
    bucket_public_url: Annotated[
        BaseUrl | None,
        Field(
            description="Where clients reach an S3 server for those redirects, when the gallery's own way to "
            "it is another one."
        ),
    ] = None
    accel_path: Annotated[
        str | None,
        Field(
            pattern=r"^/([a-z0-9_-]+/)+$",
            description="Where nginx has the folder `uploads` of the data folder as an internal location, "
            "`/stored/` for one: nginx then sends the pictures by itself (docs/operations.md).",
        ),
    ] = None
    signing_keys: Annotated[
        SecretStr | None,
        Field(
            description="Keys that sign image URLs, separated by commas: the first signs, all are accepted. "
            "Made in the data folder when left out; must be given with a database of its own."
        ),
    ] = None

    public_url: Annotated[
        BaseUrl | None,
        Field(description="How clients reach the gallery; taken from the request when left out."),
    ] = None
    internal_url: BaseUrl = Field(
        default_factory=lambda given: f"http://{_loopback_of(given['host'])}:{given['port']}",
        description="How the studio reaches the gallery; the loopback address when left out.",
    )
    trusted_proxies: Annotated[
        tuple[Network, ...],
        BeforeValidator(_split_networks),
        Field(description="Addresses or networks, separated by commas, whose X-Forwarded-* are believed."),
    ] = ()

    studio_url: Annotated[BaseUrl, Field(description="Where the studio listens.")] = "http://127.0.0.1:8000"
    studio_timeout_seconds: Annotated[
        float, Field(gt=0, le=600, description="What the studio gets for one picture.")
    ] = 60.0
    studio_token: Annotated[
        SecretStr | None, Field(description="Sent to the studio as a bearer token, when given.")
    ] = None

    temp_ttl_hours: Annotated[
        int, Field(ge=1, le=24 * 365, description="How long a cartoon waits to be downloaded.")
    ] = 72
    device_ttl_days: Annotated[
        int | None,
        Field(ge=1, le=36_500, description="When given, devices not seen for so long are erased."),
    ] = None
    sweep_interval_minutes: Annotated[
        int, Field(ge=1, le=24 * 60, description="How often what nobody needs any more is deleted.")
    ] = 60

    max_upload_bytes: Annotated[
        int, Field(ge=1024, le=100 * 1024 * 1024, description="The largest photo taken.")
    ] = MAX_IMAGE_BYTES
    upload_timeout_seconds: Annotated[
        float, Field(gt=0, le=3600, description="What a whole upload may take to arrive.")
    ] = MAX_SECONDS
    conversion_workers: Annotated[
        int, Field(ge=1, le=64, description="How many pictures are converted or made smaller at once.")
    ] = 2
    conversion_timeout_seconds: Annotated[
        float, Field(gt=0, le=120, description="What converting or shrinking one picture may take.")
    ] = 20.0

    rendition_cache_bytes: Annotated[
        int,
        Field(ge=1024**2, description="What the smaller versions of pictures may take on the disk."),
    ] = 1024**3
    max_jobs: Annotated[
        int, Field(ge=1, le=10_000, description="How many jobs run at once before the next gets a 503.")
    ] = 64
    requests_per_device: RateLimit = Field(
        default=read_limits("1200/minute"),
        description="How often one device may ask for anything; 10/second;9000/hour is two limits.",
    )
    requests_per_address: RateLimit = Field(
        default=read_limits("6000/minute"),
        description="The same for one address, behind which many phones of a mobile network may be.",
    )
    drawings_per_device: RateLimit = Field(
        default=read_limits("120/minute"),
        description="How often one device may upload, regenerate or download.",
    )
    drawings_per_address: RateLimit = Field(
        default=read_limits("1200/minute"), description="The same for one address."
    )
    drawings_at_once_per_address: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="How many uploads, regenerations and downloads of one address may be under way in "
            "this process, photos that still arrive among them.",
        ),
    ] = 64
    connections_per_address: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="How many connections one address may have open; those of GALLERY_TRUSTED_PROXIES "
            "don't count.",
        ),
    ] = 512
    rate_limits_url: str = Field(
        default_factory=lambda given: (
            IN_MEMORY if given["database_url"].startswith(_EMBEDDED) else IN_DATABASE
        ),
        repr=False,
        description="Where requests are counted: memory:// is each process for itself, database:// all on "
        "one database together, redis://host/0 all on one Redis (docs/operations.md). The first with the "
        "embedded database and one worker when left out, the second otherwise.",
    )
    max_originals_per_device: Annotated[
        int, Field(ge=1, le=10**9, description="How many photos one device may keep.")
    ] = 1000
    cors_origins: Annotated[
        tuple[Origin, ...],
        BeforeValidator(_split_texts),
        Field(
            description="Web origins, separated by spaces, whose pages may call the API, "
            "https://app.example.org for one; none when left out."
        ),
    ] = ()

    @property
    def has_embedded_database(self) -> bool:
        return self.database_url.startswith(_EMBEDDED)

    @model_validator(mode="after")
    def _demand_keys_for_shared_databases(self) -> Self:
        # Several galleries on one database must all accept what one of them has signed.
        if not self.has_embedded_database and self.signing_keys is None:
            raise ValueError(f"{PREFIX}SIGNING_KEYS must be given when the database isn't the embedded one.")
        return self

    @model_validator(mode="after")
    def _demand_two_places_to_move_between(self) -> Self:
        if self.other_blob_url is not None and self.other_blob_url == (self.blob_url or DISK):
            raise ValueError(f"{PREFIX}OTHER_BLOB_URL must not be where the pictures are to go.")
        return self

    @model_validator(mode="after")
    def _demand_a_bucket_to_send_from(self) -> Self:
        if self.files_from == "bucket" and self.blob_url is None:
            raise ValueError(f"{PREFIX}FILES_FROM=bucket needs {PREFIX}BLOB_URL.")
        if self.bucket_public_url is not None and self.files_from != "bucket":
            raise ValueError(f"{PREFIX}BUCKET_PUBLIC_URL is for {PREFIX}FILES_FROM=bucket.")
        return self

    @model_validator(mode="after")
    def _demand_a_disk_that_nginx_can_read(self) -> Self:
        if self.accel_path is not None and (self.blob_url or self.other_blob_url):
            raise ValueError(f"{PREFIX}ACCEL_PATH is for pictures on the disk, not for a bucket.")
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


def read_settings(environment: Mapping[str, str]) -> GallerySettings:
    """Read the settings from environment variables.

    Raises
    ------
    StartError
        When a variable with our prefix is unknown or has an impossible value, which is not repeated.
    """
    given: dict[str, Any] = dict(
        read_variables(environment, prefix=PREFIX, known=GallerySettings.model_fields)
    )
    try:
        return GallerySettings(**given)
    except ValidationError as error:
        raise StartError(describe_problems(error, prefix=PREFIX)) from None


def _loopback_of(host: str) -> str:
    """The address at which a process on the same machine reaches what listens on `host`."""
    if host in {"0.0.0.0", "::", "localhost"}:  # noqa: S104 - compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host

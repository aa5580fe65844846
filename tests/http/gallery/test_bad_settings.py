"""Settings that cannot work end the start with one line that says what to do, and that repeats no secret."""

import sys
from collections.abc import Callable, Generator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.running import find_free_port
from tests.databases import SIGNING_KEYS, SqliteDatabases
from tests.postgresql_server import PostgresqlServer
from tests.redis_server import RedisServer, running_redis
from tests.seaweedfs import SeaweedFs
from toonbooth.gallery.app import create_app
from toonbooth.gallery.database.migrations import bring_up_to_date, list_revisions, migrate
from toonbooth.gallery.maintenance import check_gallery, move_blobs_of_gallery, sweep_gallery
from toonbooth.gallery.settings import GallerySettings, read_settings
from toonbooth.kit.errors import StartError

SECRET = "hunter2-and-more"
KEYS = {"GALLERY_SIGNING_KEYS": SIGNING_KEYS}

Settings = dict[str, str]


async def start(tmp_path: Path, settings: Settings) -> None:
    app = create_app(read_settings({"GALLERY_DATA_DIR": str(tmp_path / "data"), **settings}))
    async with app.router.lifespan_context(app):
        pass


async def find_complaint(tmp_path: Path, settings: Settings) -> str:
    """The one line with which the start ends."""
    with pytest.raises(StartError) as refusal:
        await start(tmp_path, settings)
    line = str(refusal.value)
    assert "\n" not in line
    assert SECRET not in line
    assert SIGNING_KEYS not in line
    return line


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"DATABASE_URL": f"mysql://me:{SECRET}@localhost/x"}, "It begins with postgresql+asyncpg:// or"),
        ({"DATABASE_URL": f"postgresql+psycopg2://me:{SECRET}@localhost/x"}, "It begins with postgresql"),
        ({"DATABASE_URL": SECRET}, "It begins with postgresql+asyncpg:// or sqlite+aiosqlite:///"),
        ({"DATABASE_URL": "sqlite+aiosqlite:///:memory:"}, "must be a file, without any options"),
        (
            {"DATABASE_URL": "sqlite+aiosqlite:////proc/none/x.sqlite3"},
            "Cannot open the database /proc/none/x",
        ),
        ({"BLOB_URL": "ftp://photos/x"}, "GALLERY_BLOB_URL cannot be used: "),
        ({"OTHER_BLOB_URL": "ftp://photos/x"}, "GALLERY_OTHER_BLOB_URL cannot be used: "),
        ({"OTHER_BLOB_URL": "disk"}, "GALLERY_OTHER_BLOB_URL must not be where the pictures are to go"),
        ({"FILES_FROM": "bucket"}, "GALLERY_FILES_FROM=bucket needs GALLERY_BLOB_URL"),
        ({"FILES_FROM": "anywhere"}, "GALLERY_FILES_FROM: Input should be 'gallery' or 'bucket'"),
        (
            {"RATE_LIMITS_URL": f"memcached://me:{SECRET}@localhost"},
            "memory://, in database:// or in redis://",
        ),
        ({"RATE_LIMITS_URL": f"redis://me:{SECRET}@localhost:port"}, "cannot be one"),
        ({"SIGNING_KEYS": "short"}, "must have at least 32 characters"),
        ({"SIGNING_KEYS": " , "}, "There is no signing key"),
        ({"DATABASE_URLS": "x"}, "No setting reads GALLERY_DATABASE_URLS. Is it misspelt?"),
    ],
)
async def test_what_is_no_setting(tmp_path: Path, settings: Settings, words: str) -> None:
    given = {f"GALLERY_{name}": value for name, value in settings.items()}

    assert words in await find_complaint(tmp_path, KEYS | given)


@pytest.mark.parametrize(
    ("library", "settings", "command"),
    [
        ("asyncpg", {"GALLERY_DATABASE_URL": "postgresql+asyncpg://localhost/x"}, "make postgres"),
        ("obstore", {"GALLERY_BLOB_URL": "s3://photos/x"}, "make s3"),
        ("redis.asyncio", {"GALLERY_RATE_LIMITS_URL": "redis://localhost"}, "make redis"),
    ],
)
async def test_an_extra_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, settings: Settings, command: str
) -> None:
    for name in [name for name in sys.modules if name.startswith(library)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)

    complaint = await find_complaint(tmp_path, KEYS | settings)

    assert f"isn't installed: run `{command}`, or `pip install 'toonbooth[" in complaint


@pytest.fixture
def locked_database(postgresql_server: PostgresqlServer) -> Generator[str]:
    """The address of a database whose role needs a password, with a wrong one."""
    role = f"locked-{uuid4().hex}"
    rules = postgresql_server.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    postgresql_server.ask("postgres", f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'right'")
    rules.write_text(f'host all "{role}" 127.0.0.1/32 scram-sha-256\n{before}')
    postgresql_server.ask("postgres", "SELECT pg_reload_conf()")
    url = postgresql_server.make_database(uuid4().hex)
    yield url.replace("//postgres@", f"//{role}:{SECRET}@")
    rules.write_text(before)
    postgresql_server.ask("postgres", "SELECT pg_reload_conf()")


async def test_a_database_that_refuses_the_password(tmp_path: Path, locked_database: str) -> None:
    complaint = await find_complaint(tmp_path, KEYS | {"GALLERY_DATABASE_URL": locked_database})

    assert complaint.startswith("The database cannot be used: password authentication failed for user")


async def test_a_server_that_is_not_there_or_lacks_the_database(
    tmp_path: Path, postgresql_server: PostgresqlServer
) -> None:
    nobody = f"postgresql+asyncpg://postgres@127.0.0.1:{find_free_port()}/x"
    missing = postgresql_server.url_of("nowhere")

    away = await find_complaint(tmp_path, KEYS | {"GALLERY_DATABASE_URL": nobody})
    lacking = await find_complaint(tmp_path, KEYS | {"GALLERY_DATABASE_URL": missing})

    assert away.startswith("The database cannot be used: ")
    assert "Connect call failed" in away
    assert lacking == 'The database cannot be used: database "nowhere" does not exist.'


async def test_a_shared_database_without_keys(tmp_path: Path, postgresql_server: PostgresqlServer) -> None:
    complaint = await find_complaint(tmp_path, {"GALLERY_DATABASE_URL": postgresql_server.url_of("x")})

    assert complaint == "GALLERY_SIGNING_KEYS must be given when the database isn't the embedded one."


@pytest.mark.parametrize("setting", ["GALLERY_BLOB_URL", "GALLERY_OTHER_BLOB_URL"])
@pytest.mark.parametrize(
    ("bucket", "secret", "words"),
    [("no-such-bucket", None, "NoSuchBucket"), ("photos", SECRET, "SignatureDoesNotMatch")],
)
async def test_a_bucket_that_is_not_there_or_refuses_the_secret(
    tmp_path: Path,
    seaweedfs: SeaweedFs,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    bucket: str,
    secret: str | None,
    words: str,
) -> None:
    for name, value in seaweedfs.environment().items():
        monkeypatch.setenv(name, value)
    if secret is not None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)

    complaint = await find_complaint(tmp_path, {setting: f"s3://{bucket}/x"})

    assert complaint.startswith(f"{setting} cannot be used: ")
    assert words in complaint


@pytest.fixture
def locked_redis() -> Generator[RedisServer]:
    with running_redis("--requirepass", "right") as server:
        yield server


async def test_a_redis_that_refuses_the_password(tmp_path: Path, locked_redis: RedisServer) -> None:
    url = locked_redis.url.replace("redis://", f"redis://:{SECRET}@")

    complaint = await find_complaint(tmp_path, {"GALLERY_RATE_LIMITS_URL": url})

    assert complaint.startswith("The rate limits' Redis refuses: ")


def spoil(file: Path) -> None:
    file.write_bytes(b"This is no database. " * 100)


def make_newer(file: Path) -> None:
    set_revision(file, "29991231_2359")


def set_revision(file: Path, revision: str) -> None:
    SqliteDatabases().ask(
        f"sqlite+aiosqlite:///{file}", f"UPDATE alembic_version SET version_num = '{revision}'"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (spoil, "The database cannot be used: file is not a database."),
        (make_newer, "was made by a newer version of Toonbooth (29991231_2359); install that version."),
    ],
)
async def test_a_database_of_another_kind_or_time(
    tmp_path: Path, change: Callable[[Path], None], words: str
) -> None:
    file = tmp_path / "data" / "gallery.sqlite3"
    await bring_up_to_date(f"sqlite+aiosqlite:///{file}")
    change(file)

    assert words in await find_complaint(tmp_path, {})


@pytest.mark.parametrize(
    "command",
    [
        sweep_gallery,
        lambda settings: check_gallery(settings, repair=False),
        lambda settings: move_blobs_of_gallery(settings, report=lambda _: None),
    ],
    ids=["sweep", "check", "move-blobs"],
)
def test_commands_leave_an_old_schema_to_whoever_migrates(
    tmp_path: Path, command: Callable[[GallerySettings], object]
) -> None:
    file = tmp_path / "gallery.sqlite3"
    migrate(f"sqlite+aiosqlite:///{file}")
    set_revision(file, list_revisions()[0])
    settings = read_settings({"GALLERY_DATA_DIR": str(tmp_path), "GALLERY_OTHER_BLOB_URL": "memory:///"})

    with pytest.raises(StartError, match=r"older than this version .*; run `toonbooth migrate` first\.$"):
        command(settings)

from ipaddress import ip_network
from pathlib import Path

import pytest

from toonbooth.gallery.settings import GallerySettings, read_settings
from toonbooth.kit.errors import StartError


def test_everything_has_a_default_that_works_on_a_laptop() -> None:
    settings = read_settings({})

    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.max_upload_bytes == 10_485_760
    assert settings.data_dir == Path("data").absolute()
    assert settings.database_url == f"sqlite+aiosqlite:///{settings.data_dir}/gallery.sqlite3"
    assert settings.internal_url == "http://127.0.0.1:3000"
    assert settings.studio_url == "http://127.0.0.1:8000"
    assert settings.public_url is None


def test_the_database_follows_the_data_folder_and_the_internal_address_the_port() -> None:
    settings = read_settings({"GALLERY_DATA_DIR": "/some/where", "GALLERY_PORT": "3100"})

    assert settings.database_url == "sqlite+aiosqlite:////some/where/gallery.sqlite3"
    assert settings.internal_url == "http://127.0.0.1:3100"


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("192.168.1.7", "192.168.1.7"), ("::1", "[::1]")],
)
def test_the_studio_reaches_the_gallery_where_it_listens(host: str, address: str) -> None:
    assert read_settings({"GALLERY_HOST": host}).internal_url == f"http://{address}:3000"


def test_proxies_are_addresses_and_networks() -> None:
    settings = read_settings({"GALLERY_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.7,"})

    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.168.1.7/32"))


def test_a_misspelt_variable_is_named() -> None:
    with pytest.raises(StartError, match="GALLERY_PROT"):
        read_settings({"GALLERY_PROT": "3000"})


def test_what_kubernetes_injects_is_neither_misspelt_nor_a_port() -> None:
    settings = read_settings(
        {
            "GALLERY_PORT": "tcp://10.0.0.1:3000",
            "GALLERY_SERVICE_HOST": "10.0.0.1",
            "GALLERY_SERVICE_PORT": "3000",
            "GALLERY_PORT_3000_TCP_ADDR": "10.0.0.1",
        }
    )

    assert settings.port == 3000


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "three thousand"),
        ("LOG_LEVEL", "chatty"),
        ("PUBLIC_URL", "photos.example.org"),
        ("TRUSTED_PROXIES", "everybody"),
        ("STUDIO_TIMEOUT_SECONDS", "0"),
        ("MAX_UPLOAD_BYTES", "-1"),
        ("ACCEL_PATH", "/stored"),
        ("METRICS_PORT", "none"),
        ("LOG_FORMAT", "xml"),
        ("TRACES_URL", "collector:4318"),
    ],
)
def test_an_impossible_value_is_one_line_that_names_the_variable(variable: str, value: str) -> None:
    with pytest.raises(StartError, match=f"^GALLERY_{variable}: [^\n]+$"):
        read_settings({f"GALLERY_{variable}": value})


def test_no_message_repeats_a_value() -> None:
    with pytest.raises(StartError) as caught:
        read_settings(
            {"GALLERY_DATABASE_URL": "postgresql+asyncpg://user:secret@host/name", "GALLERY_PORT": "secret"}
        )
    assert "secret" not in str(caught.value)


def test_a_shared_database_needs_keys_that_all_galleries_know() -> None:
    url = "postgresql+asyncpg://host/name"
    with pytest.raises(StartError, match="GALLERY_SIGNING_KEYS"):
        read_settings({"GALLERY_DATABASE_URL": url})
    assert read_settings({"GALLERY_DATABASE_URL": url, "GALLERY_SIGNING_KEYS": "a-key"}).database_url == url


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"FILES_FROM": "bucket"}, "GALLERY_FILES_FROM=bucket needs GALLERY_BLOB_URL."),
        (
            {"BLOB_URL": "s3://photos", "BUCKET_PUBLIC_URL": "https://photos.example.org"},
            "GALLERY_BUCKET_PUBLIC_URL is for GALLERY_FILES_FROM=bucket.",
        ),
    ],
)
def test_only_a_bucket_can_send_pictures_itself(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(StartError) as refusal:
        read_settings({f"GALLERY_{name}": value for name, value in given.items()})

    assert str(refusal.value) == sentence


@pytest.mark.parametrize("place", [{}, {"GALLERY_BLOB_URL": "s3://photos/a"}])
def test_pictures_move_between_two_places(place: dict[str, str]) -> None:
    same = {**place, "GALLERY_OTHER_BLOB_URL": place.get("GALLERY_BLOB_URL", "disk")}

    with pytest.raises(StartError, match="GALLERY_OTHER_BLOB_URL must not be where the pictures are to go"):
        read_settings(same)
    assert read_settings({**place, "GALLERY_OTHER_BLOB_URL": "s3://photos/b"}).other_blob_url


@pytest.mark.parametrize("elsewhere", ["GALLERY_BLOB_URL", "GALLERY_OTHER_BLOB_URL"])
def test_nginx_sends_from_a_disk_alone(elsewhere: str) -> None:
    with pytest.raises(StartError, match="GALLERY_ACCEL_PATH is for pictures on the disk"):
        read_settings({"GALLERY_ACCEL_PATH": "/stored/", elsewhere: "s3://bucket"})
    assert read_settings({"GALLERY_ACCEL_PATH": "/stored/"}).accel_path == "/stored/"


def test_secrets_are_not_shown() -> None:
    settings = GallerySettings.model_validate(
        {
            "database_url": "postgresql+asyncpg://user:secret@host/name",
            "signing_keys": "secret",
            "studio_token": "secret",
        }
    )

    assert "secret" not in repr(settings)


def test_nothing_but_read_settings_looks_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_PORT", "4000")

    assert GallerySettings().port == 3000


def test_rate_limits_are_numbers_per_time_and_there_may_be_several() -> None:
    settings = read_settings({"GALLERY_DRAWINGS_PER_DEVICE": "5/second;2000/day"})

    assert [(each.amount, each.get_expiry()) for each in settings.drawings_per_device.items] == [
        (5, 1),
        (2000, 86400),
    ]


@pytest.mark.parametrize("value", ["", "many", "0/minute", "5/fortnight", "-1/minute"])
def test_a_rate_limit_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(StartError, match="GALLERY_DRAWINGS_PER_DEVICE"):
        read_settings({"GALLERY_DRAWINGS_PER_DEVICE": value})


def test_cors_origins_are_exact() -> None:
    settings = read_settings({"GALLERY_CORS_ORIGINS": "https://app.example.org http://127.0.0.1:8080"})

    assert settings.cors_origins == ("https://app.example.org", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "value",
    ["*", "app.example.org", "https://app.example.org/", "https://App.example.org", "https://a/b", "null"],
)
def test_a_cors_origin_that_no_browser_sends_is_refused(value: str) -> None:
    with pytest.raises(StartError, match="GALLERY_CORS_ORIGINS"):
        read_settings({"GALLERY_CORS_ORIGINS": value})

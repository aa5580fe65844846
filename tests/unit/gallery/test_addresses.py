from ipaddress import ip_network

import pytest

from toonbooth.gallery.addresses import choose_base_url, find_client_address, read_base_url
from toonbooth.kit.errors import InvalidRequestError

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def choose(
    headers: dict[str, str], *, peer: str | None = "203.0.113.9", public_url: str | None = None
) -> str:
    return choose_base_url(headers, scheme="http", peer=peer, public_url=public_url, trusted_proxies=PROXIES)


def test_the_configured_address_wins() -> None:
    assert (
        choose({"host": "elsewhere"}, public_url="https://photos.example.org") == "https://photos.example.org"
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3000", "192.168.1.7", "photos.example.org", "[::1]:3000", "a_b.local"]
)
def test_without_one_the_host_that_was_asked_is_used(host: str) -> None:
    assert choose({"host": host}) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [
        *("", "a/b", "a@b", "a b", "a?b", "a#b", "http://a", "a:b", "[::1", 'a"b', "a\\b"),
        *("a:65536", "a:99999", "a..b", ".a", f"{'a' * 64}.b"),
    ],
)
def test_a_host_that_would_bend_the_address_is_refused(host: str) -> None:
    with pytest.raises(InvalidRequestError):
        choose({"host": host})


def test_forwarded_headers_of_a_trusted_proxy_are_believed() -> None:
    headers = {
        "host": "gallery:3000",
        "x-forwarded-host": "photos.example.org, inner",
        "x-forwarded-proto": "https",
    }
    assert choose(headers, peer="10.1.2.3") == "https://photos.example.org"
    assert choose(headers, peer="::ffff:10.1.2.3") == "https://photos.example.org"


@pytest.mark.parametrize("peer", ["203.0.113.9", None, "testclient", "::2"])
def test_forwarded_headers_of_strangers_count_for_nothing(peer: str | None) -> None:
    headers = {"host": "gallery:3000", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
    assert choose(headers, peer=peer) == "http://gallery:3000"


def test_a_proxy_that_names_a_strange_scheme_keeps_ours() -> None:
    assert choose({"host": "a", "x-forwarded-proto": "javascript"}, peer="10.0.0.1") == "http://a"


@pytest.mark.parametrize(
    "value", ["https://photos.example.org/", "http://127.0.0.1:3000", "https://a.example/photos"]
)
def test_a_base_address_is_kept_without_a_slash_at_its_end(value: str) -> None:
    assert read_base_url(value) == value.rstrip("/")


@pytest.mark.parametrize(
    "value", ["", "photos.example.org", "ftp://a", "http://", "http://a?b", "http://a#", "http://u:p@a"]
)
def test_what_is_no_base_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="must"):
        read_base_url(value)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not our proxy: what it says counts for nothing
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # the client wrote the first one itself
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two proxies of ours
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", None, "unknown"),
        ("10.0.0.1", "rubbish", "unknown"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),  # all of a home network
        ("::ffff:203.0.113.9", None, "203.0.113.9"),
        ("fe80::1%eth0", None, "fe80::/64"),
        (None, None, "unknown"),
    ],
)
def test_who_asks_is_the_last_that_somebody_trustworthy_has_seen(
    peer: str | None, forwarded: str | None, expected: str
) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert find_client_address(headers, peer=peer, trusted_proxies=PROXIES) == expected

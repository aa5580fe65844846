"""The door of `image_url`, without a network: which URLs and which addresses it lets through."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.studio.errors import ImageUrlNotAllowedError
from toonbooth.studio.origins import (
    find_trusted_origin,
    read_address,
    read_image_url,
    read_trusted_origins,
)

LOOPBACK_GALLERY = "http://127.0.0.1:3000/uploads/=127.0.0.0/8,::1"

TROUBLE = [*"/\\@#?%:.;[]1a \té\0", "..", "%2e", "//", "evil.example"]


def test_a_url_comes_apart_unchanged() -> None:
    url = read_image_url("HTTP://Gallery.example:8080/uploads/temp/1_a.jpg?sig=A%2Fb&exp=1")
    assert (url.scheme, url.host, url.port) == ("http", "gallery.example", 8080)
    assert url.target == "/uploads/temp/1_a.jpg?sig=A%2Fb&exp=1"


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://a.example/x/", 80), ("https://a.example/x/", 443), ("http://[::1]:3000/x/", 3000)],
)
def test_a_port_left_out_is_the_schemes(url: str, port: int) -> None:
    assert read_image_url(url).port == port


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:3000/uploads/a.jpg",
        "//127.0.0.1:3000/uploads/a.jpg",
        "file:///etc/passwd",
        "ftp://127.0.0.1/uploads/a.jpg",
        "gopher://127.0.0.1:3000/uploads/a.jpg",
        "http:/127.0.0.1:3000/uploads/a.jpg",
        "http:///uploads/a.jpg",
        "http://127.0.0.1:3000",
        "http://127.0.0.1:/uploads/a.jpg",
        "http://127.0.0.1:03000/uploads/a.jpg",
        "http://127.0.0.1:70000/uploads/a.jpg",
        "http://127.0.0.1:3000:80/uploads/a.jpg",
        "http://user@127.0.0.1:3000/uploads/a.jpg",
        "http://127.0.0.1:3000@evil.example/uploads/a.jpg",
        "http://127.0.0.1:3000%40evil.example/uploads/a.jpg",
        "http://127.0.0.1:3000\\@evil.example/uploads/a.jpg",
        "http://127.0.0.1:3000#@evil.example/uploads/a.jpg",
        "http://127.0.0.1:3000?@evil.example/uploads/a.jpg",
        "http://127.0.0.1:3000/uploads/a.jpg#part",
        "http://127.0.0.1:3000/uploads\\..\\a.jpg",
        "http://127.0.0.1:3000/uploads/a.jpg\r\nHost: evil.example",
        "http://127.0.0.1:3000/uploads/a\x00.jpg",
        "http://127.0.0.1:3000/uploads/a b.jpg",
        " http://127.0.0.1:3000/uploads/a.jpg",
        "http://127.0.0.1:3000/uploads/a.jpg\n",
        "http://127.0.0.１:3000/uploads/a.jpg",
        "http://ⓛocalhost:3000/uploads/a.jpg",
        "http://[::1%25lo]:3000/uploads/a.jpg",
        "http://127.0.0.1:3000/uploads/é.jpg",
        "http://127.0.0.1:3000/uploads/../api/originals",
        "http://127.0.0.1:3000/uploads/./a.jpg",
        "http://127.0.0.1:3000/uploads/%2e%2E/api/originals",
        "http://127.0.0.1:3000/uploads/..%2fapi/originals",
        "http://127.0.0.1:3000/uploads/..%5capi/originals",
        "http://127.0.0.1:3000/uploads/%252e%252e/api/originals",
        "http://127.0.0.1:3000/uploads/..;x=1/api/originals",
        "http://127.0.0.1:3000/uploads/a%00.jpg",
        "http://127.0.0.1:3000/uploads/a%0d%0aX.jpg",
        "http://127.0.0.1:3000/uploads/a%zz.jpg",
        "http://127.0.0.1:3000/uploads/" + "a" * 2048,
    ],
)
def test_a_url_that_parsers_could_disagree_about_is_refused(url: str) -> None:
    with pytest.raises(ImageUrlNotAllowedError):
        read_image_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:3000/uploads/a.jpg",
        "http://127.0.0.1/uploads/a.jpg",
        "http://127.0.0.1:3001/uploads/a.jpg",
        "http://127.1:3000/uploads/a.jpg",
        "http://0x7f000001:3000/uploads/a.jpg",
        "http://2130706433:3000/uploads/a.jpg",
        "http://017700000001:3000/uploads/a.jpg",
        "http://127.0.0.2:3000/uploads/a.jpg",
        "http://localhost:3000/uploads/a.jpg",
        "http://127.0.0.1.evil.example:3000/uploads/a.jpg",
        "http://[::1]:3000/uploads/a.jpg",
        "http://[::ffff:127.0.0.1]:3000/uploads/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:3000/api/originals",
        "http://127.0.0.1:3000/uploads",
        "http://127.0.0.1:3000/uploads-of-others/a.jpg",
        "http://127.0.0.1:3000//uploads/a.jpg",
        "http://127.0.0.1:3000/UPLOADS/a.jpg",
        "http://127.0.0.1:3000/%75ploads/a.jpg",
    ],
)
def test_only_the_exact_origin_and_prefix_are_trusted(url: str) -> None:
    with pytest.raises(ImageUrlNotAllowedError):
        find_trusted_origin(read_image_url(url), read_trusted_origins(LOOPBACK_GALLERY))


def test_a_url_finds_its_origin_among_several() -> None:
    origins = read_trusted_origins(f"{LOOPBACK_GALLERY} https://cdn.example/img/=203.0.113.0/24")
    url = read_image_url("https://cdn.example/img/a.jpg")
    assert find_trusted_origin(url, origins) == origins[1]


@settings(max_examples=500, deadline=None)
@given(at=st.integers(0, 60), removed=st.integers(0, 4), added=st.lists(st.sampled_from(TROUBLE), max_size=3))
def test_whatever_is_let_through_other_parsers_read_alike(at: int, removed: int, added: list[str]) -> None:
    url = "http://127.0.0.1:3000/uploads/temp/1_a.jpg?signature=abc"
    url = url[:at] + "".join(added) + url[at + removed :]
    try:
        find_trusted_origin(read_image_url(url), read_trusted_origins(LOOPBACK_GALLERY))
    except ImageUrlNotAllowedError:
        return
    library, client = urlsplit(url), httpx.URL(url)
    assert (library.scheme, library.hostname, library.port) == ("http", "127.0.0.1", 3000)
    assert (client.scheme, client.host, client.port) == ("http", "127.0.0.1", 3000)
    assert client.path.startswith("/uploads/")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_an_address_within_the_ranges_is_allowed(address: str) -> None:
    (origin,) = read_trusted_origins(LOOPBACK_GALLERY)
    assert origin.allows(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "128.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "255.255.255.255",
        "::",
        "::2",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fd00::1",
        "2001:db8::1",
    ],
)
def test_an_address_outside_of_the_ranges_is_not(address: str) -> None:
    (origin,) = read_trusted_origins(LOOPBACK_GALLERY)
    assert not origin.allows(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:10.0.0.1",  # mapped
        "::10.0.0.1",  # compatible
        "::ffff:0:10.0.0.1",  # translated
        "2002:a00:1::1",  # 6to4
        "64:ff9b::10.0.0.1",  # NAT64
        "64:ff9b:1::10.0.0.1",  # local NAT64, as 96 bits
        "64:ff9b:1:a00:0:100:0:0",  # local NAT64, as RFC 6052 has it for 48 bits
        "2001:0:a00:1::",  # Teredo, the server
        "2001:0:102:304:0:0:f5ff:fffe",  # Teredo, the client
        "2001:db8::5efe:10.0.0.1",  # ISATAP
        "2001:db8::200:5efe:10.0.0.1",  # ISATAP, globally unique
    ],
)
def test_an_address_that_carries_a_foreign_one_is_not_allowed_by_a_wide_range(address: str) -> None:
    (everything_in_ipv6,) = read_trusted_origins("http://a.example/x/=::/0,1.2.3.4")
    assert not everything_in_ipv6.allows(ip_address(address))
    (both,) = read_trusted_origins("http://a.example/x/=::/0,0.0.0.0/0")
    assert both.allows(ip_address(address))


def test_an_address_with_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="zone"):
        read_address("fe80::1%eth0")


@pytest.mark.parametrize(
    "value",
    [
        "http://127.0.0.1:3000/uploads/",
        "http://127.0.0.1:3000/uploads/=",
        "http://127.0.0.1:3000/uploads=127.0.0.0/8",
        "http://127.0.0.1:3000/uploads/?a=127.0.0.0/8",
        "http://good@evil.example/=127.0.0.0/8",
        "http://127.0.0.1:3000/uploads/=127.0.0.1/8",
        "http://127.0.0.1:3000/uploads/=loopback",
        "=127.0.0.0/8",
    ],
)
def test_a_trusted_origin_that_says_less_or_more_than_it_should_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"must|does not appear|has host bits"):
        read_trusted_origins(value)


def test_an_ipv6_origin_names_itself_in_brackets() -> None:
    (origin,) = read_trusted_origins("http://[::1]:3000/uploads/=::1")
    assert origin.authority == "[::1]:3000"
    assert origin.covers(read_image_url("http://[::1]:3000/uploads/a.jpg"))

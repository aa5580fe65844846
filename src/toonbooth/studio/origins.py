"""Which image URLs the studio may fetch, and from which addresses. Pure: nothing is resolved or sent here.

`image_url` is a door into the private network. The door opens for exact origins and path prefixes only, and
behind each origin stand only the address ranges that were configured for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from toonbooth.studio.errors import ImageUrlNotAllowedError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_CHARACTERS: Final = 2048
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

# Stricter than the standards, so that no two parsers can disagree about it: no user, no fragment, no
# backslash, no control characters, nothing outside ASCII, no host in brackets but an IPv6 address.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)"
    r"(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?",
)
_BEFORE_PATH: Final = re.compile(r"[^:/?#]*://[^/?#]*")

# A server that decodes these once more than we do would see another path: . / \ % and control characters.
_DANGEROUS_ESCAPE: Final = re.compile(r"%(?:2e|2f|5c|25|[01][0-9a-f]|7f)|%(?![0-9a-f]{2})", re.IGNORECASE)

_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
_TRANSLATED: Final = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP_IDENTIFIERS: Final = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """A URL in its parts, none of them decoded or otherwise changed but for the case of scheme and host."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def target(self) -> str:
        return self.path + self.query


@dataclass(frozen=True, slots=True)
class TrustedOrigin:
    """A place that images may come from, and the addresses that it may have."""

    scheme: str
    host: str
    port: int
    path_prefix: str
    ranges: tuple[Network, ...]

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def covers(self, url: ImageUrl) -> bool:
        """Whether the URL lies in here: the same scheme, host and port, and a path below the prefix."""
        same_origin = (url.scheme, url.host, url.port) == (self.scheme, self.host, self.port)
        return same_origin and url.path.startswith(self.path_prefix)

    def allows(self, address: Address) -> bool:
        """Whether the origin may have this address.

        An IPv6 address that carries an IPv4 one (NAT64, 6to4, Teredo …) may end up there, so both must lie
        in the ranges.
        """
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return all(
            any(each in network for network in self.ranges) for each in (address, *find_embedded(address))
        )


def read_trusted_origins(value: str) -> tuple[TrustedOrigin, ...]:
    """Read `http://127.0.0.1:3000/uploads/=127.0.0.0/8,::1`; several are separated by spaces.

    Raises
    ------
    ValueError
        When an entry is not such a URL that ends with `/`, followed by `=` and ranges.
    """
    return tuple(_read_trusted_origin(entry) for entry in value.split())


def read_image_url(value: str) -> ImageUrl:
    """Take a URL apart, strictly.

    Raises
    ------
    ImageUrlNotAllowedError
        When it is anything but a plain http or https URL.
    """
    if len(value) > MAX_URL_CHARACTERS:
        raise ImageUrlNotAllowedError(f"image_url has more than {MAX_URL_CHARACTERS} characters.")
    front = _BEFORE_PATH.match(value)
    match = _URL.fullmatch(value if front is None else front[0].lower() + value[front.end() :])
    if match is None:
        raise ImageUrlNotAllowedError("image_url must be a plain address: http://host:port/path.")
    scheme, host, path, query = match["scheme"], match["host"], match["path"], match["query"] or ""
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    if port > 65535:
        raise ImageUrlNotAllowedError("image_url has an impossible port.")
    if _DANGEROUS_ESCAPE.search(path) or any(_climbs(segment) for segment in path.split("/")):
        raise ImageUrlNotAllowedError("The path of image_url must be plain, without dot segments.")
    return ImageUrl(scheme, host.strip("[]"), port, path, query)


def find_trusted_origin(url: ImageUrl, origins: Sequence[TrustedOrigin]) -> TrustedOrigin:
    """The origin that a URL lies in.

    Raises
    ------
    ImageUrlNotAllowedError
        When it lies in none.
    """
    for origin in origins:
        if origin.covers(url):
            return origin
    raise ImageUrlNotAllowedError("image_url does not lie where images may be fetched from.")


def read_address(value: str) -> Address:
    """Read what a resolver returned; an IPv4 address in IPv6 clothes becomes itself.

    Raises
    ------
    ValueError
        When it is no address, or one with a zone (`fe80::1%eth0`), which belongs to one network card.
    """
    if "%" in value:
        raise ValueError(f"an address with a zone: {value}")
    address = ip_address(value)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def find_embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address carries; packets to it may be sent on to them."""
    if isinstance(address, IPv4Address):
        return ()
    number = int(address)
    low = IPv4Address(number & 0xFFFFFFFF)
    found: list[IPv4Address] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in _NAT64 or address in _TRANSLATED:
        found.append(low)
    if address in _LOCAL_NAT64:
        # RFC 6052: behind a 48 bit prefix the address goes around bits 64 to 71; many use 96 bits instead.
        found += [low, IPv4Address(((number >> 64) & 0xFFFF) << 16 | (number >> 40) & 0xFFFF)]
    if address in _COMPATIBLE and number > 1:
        found.append(low)
    if (number >> 32) & 0xFFFFFFFF in _ISATAP_IDENTIFIERS:
        found.append(low)
    return tuple(found)


def _read_trusted_origin(entry: str) -> TrustedOrigin:
    address, separator, ranges = entry.rpartition("=")
    if not separator or not ranges:
        raise ValueError(f"{entry} must say which addresses the origin may have: URL=range,range")
    try:
        url = read_image_url(address)
    except ImageUrlNotAllowedError as error:
        raise ValueError(f"{address} must be an address such as http://gallery:3000/uploads/") from error
    # Without the slash, /uploads would also open /uploads-of-somebody-else.
    if not url.path.endswith("/") or url.query:
        raise ValueError(f"{address} must end with a slash")
    return TrustedOrigin(
        url.scheme, url.host, url.port, url.path, tuple(ip_network(each) for each in ranges.split(","))
    )


def _climbs(segment: str) -> bool:
    """Whether a server may take a segment for "here" or "up"; some cut it at a semicolon first."""
    return segment.partition(";")[0] in {".", ".."}

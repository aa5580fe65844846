"""Under which address clients see the gallery: the configured one, else what the request was sent to.

`X-Forwarded-*` come from whoever sends them, so they count only when a trusted proxy is the sender.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from toonbooth.kit.errors import InvalidRequestError

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})"
_HOST: Final = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL}){{0,63}}\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::(?P<port>[0-9]{{1,5}}))?"
)
_LAST_PORT: Final = 65535


def read_base_url(value: str) -> str:
    """Check a configured address; returns it without a slash at its end.

    Raises
    ------
    ValueError
        When it isn't `http://` or `https://`, a host, perhaps a port and a path, and nothing else.
    """
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not _is_host(parts.netloc):
        raise ValueError("must be an address such as https://photos.example.org")
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise ValueError("must not have a query or a fragment")
    return value.rstrip("/")


def read_origin(value: str) -> str:
    """Check the origin of web pages.

    Raises
    ------
    ValueError
        When it isn't one in the form in which browsers send it.
    """
    if read_base_url(value) != value or urlsplit(value).path or value != value.lower():
        raise ValueError("must be origins such as https://app.example.org, in small letters, without a path")
    return value


def choose_base_url(
    headers: Mapping[str, str],
    *,
    scheme: str,
    peer: str | None,
    public_url: str | None,
    trusted_proxies: Sequence[IPv4Network | IPv6Network],
) -> str:
    """The address that URLs in the reply start with, without a slash at its end.

    Raises
    ------
    InvalidRequestError
        When it has to come from the request and the request names no host that could be one.
    """
    if public_url is not None:
        return public_url
    host = headers.get("host", "")
    if is_trusted(peer, trusted_proxies):
        host = _first_of(headers.get("x-forwarded-host")) or host
        forwarded_scheme = _first_of(headers.get("x-forwarded-proto")).lower()
        scheme = forwarded_scheme if forwarded_scheme in {"http", "https"} else scheme
    if not _is_host(host):
        raise InvalidRequestError("The Host header must name the server.")
    return f"{scheme}://{host}"


def is_trusted(peer: str | None, trusted_proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether the address at the other end of the connection is one of our proxies."""
    if not trusted_proxies or peer is None:
        return False
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in trusted_proxies)


def find_client_address(
    headers: Mapping[str, str],
    *,
    peer: str | None,
    trusted_proxies: Sequence[IPv4Network | IPv6Network],
) -> str:
    """Who asks, as text to count by: an IPv4 address, or the /64 network that an IPv6 host can roam in.

    Each proxy appends the address it was called from. Read from the end, the first that isn't a proxy of
    ours is the last one that somebody trustworthy has seen; what stands before it anybody may have written.
    """
    address = peer or ""
    forwarded = [part.strip() for part in headers.get("x-forwarded-for", "").split(",")]
    while forwarded and is_trusted(address, trusted_proxies):
        address = forwarded.pop()
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    return match is not None and int(match["port"] or 0) <= _LAST_PORT


def _first_of(value: str | None) -> str:
    """What the outermost proxy wrote: each one appends to the list."""
    return (value or "").split(",", 1)[0].strip()

"""Which URLs are called at all, and which addresses belong to public servers."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from evergrove.core import Term, _
from evergrove.net.errors import RefusedUrl
from evergrove.net.types import Destination

PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
LONGEST_URL = 2048
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
_PLAIN = re.compile(r"[\x21-\x7e]+\Z")

NOT_PUBLIC_4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers; metadata of some clouds
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata of Azure, in a public range
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
"""IANA IPv4 Special-Purpose Address Registry, with multicast, reserved and one cloud's own."""
PUBLIC_6 = ip_network("2000::/3")
"""All that IANA has given out for public use; mapped, translated, local and multicast addresses lie outside of it."""
NOT_PUBLIC_6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # Teredo, which holds an IPv4 address, ORCHID and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4, which holds an IPv4 address
        "3fff::/20",
    )
)


def is_public(address: str) -> bool:
    """Whether an address may belong to a public server; what is no address does not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in NOT_PUBLIC_4)
    return _is_public_6(found)


def _is_public_6(found: IPv6Address) -> bool:
    return (
        found.scope_id is None and found in PUBLIC_6 and not any(found in network for network in NOT_PUBLIC_6)
    )


def destination(url: str) -> Destination:
    """
    Take a URL apart, once.

    Raises:
        RefusedUrl: It has another scheme, a user, no host, a host in disguise, or another service's port.
    """
    if len(url) > LONGEST_URL or not _PLAIN.match(url) or "\\" in url:
        raise _refused(url, Term(_("it holds blanks or characters beyond ASCII, or is too long")))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(url, Term(_("it is no URL"))) from error
    if parts.scheme not in PORTS:
        raise _refused(url, Term(_("only http and https are called")))
    if "@" in parts.netloc:
        raise _refused(url, Term(_("it holds a user or a password")))
    host = _host(parts.hostname or "", is_bracketed=parts.netloc.startswith("["))
    if host is None:
        raise _refused(url, Term(_("its host is neither a name nor a plain address")))
    chosen = PORTS[parts.scheme] if port is None else port
    if chosen not in PORTS.values() and chosen < FIRST_FREE_PORT:
        raise _refused(url, Term(_("its port belongs to another service")))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, host, chosen, target)


def _refused(url: str, reason: Term) -> RefusedUrl:
    """What may be a password stands behind the scheme; only that and the host's end are shown."""
    shown = url.partition("?")[0].rpartition("@")[2][:200] if "@" in url else url.partition("?")[0][:200]
    return RefusedUrl(url=shown, reason=reason)


def _host(text: str, *, is_bracketed: bool) -> str | None:
    """A name or an address in its one spelling; None for whatever only some programs would read as one."""
    if is_bracketed:
        try:
            return str(IPv6Address(text)) if "%" not in text else None
        except ValueError:
            return None
    name = text.removesuffix(".").lower()
    labels = name.split(".")
    if _NUMBER.match(labels[-1]):  # 2130706433, 0x7f.1, 127.1: read as IPv4 by some
        try:
            return name if str(IPv4Address(name)) == name else None
        except ValueError:
            return None
    return name if len(name) <= 253 and all(map(_LABEL.match, labels)) else None

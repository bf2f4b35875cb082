"""Where a message may go: never to an address inside the house, unless its keeper allows it."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.environment import flag

_CARRIERS = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved address: connect to `address`, speak to `host`."""

    url: str
    host: str
    address: str


def resolve(url: str) -> Target:
    """The one network address that a message to `url` is sent to. It is looked up once and used as looked up, so that a
    name cannot point elsewhere between the check and the connection.

    Raises:
        LastMeterError: `webhook.url`, `webhook.unresolved`, `webhook.private`.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise LastMeterError(
            "webhook.url",
            Title("webhook 地址要以 https:// 开头，不能带用户名", "A webhook's address begins with https:// and names no user"),
            Title("写完整的地址，例如 https://example.com/hook", "Write the whole address, such as https://example.com/hook"),
        )
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise LastMeterError(
            "webhook.unresolved", Title("查不到 webhook 地址的主机", "The host of the webhook's address is not known"),
            Title("检查主机名", "Check the host's name"),
        ) from error
    addresses = sorted({str(entry[4][0]) for entry in found})
    if not flag("LASTMETER_PRIVATE_TARGETS") and not all(_public(address) for address in addresses):
        raise LastMeterError(
            "webhook.private", Title("webhook 地址在内网，已拒绝", "The webhook's address lies inside a private network: refused"),
            Title("若确实需要，设 LASTMETER_PRIVATE_TARGETS=1", "If it is meant, set LASTMETER_PRIVATE_TARGETS=1"),
        )
    return Target(url, parts.hostname, addresses[0])


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = _inner(found) or found
    return found.is_global and not found.is_multicast


def _inner(outer: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one carries to a gateway (mapped, 6to4, NAT64, the old compatible form), if it does."""
    if any(outer in network for network in _CARRIERS):
        return ipaddress.IPv4Address(int(outer) & 0xFFFFFFFF)
    return outer.ipv4_mapped or outer.sixtofour

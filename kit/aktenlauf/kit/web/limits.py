"""How often one client may try something. Counted per process in memory: enough against guessing and flooding."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time
from typing import Any

from fastapi import Depends, Request
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from aktenlauf.kit.web.refusals import TooMany

DEFAULTS: Mapping[str, str] = {"sign_in": "30/minute", "upload": "120/minute"}
_IPV6_CUSTOMER_BITS = 64


class RateLimits:
    """Named limits in the notation of `limits` ("30/minute"). Raises ValueError for one that is none."""

    def __init__(self, rates: Mapping[str, str] = DEFAULTS) -> None:
        self._rates = {name: parse(rate) for name, rate in rates.items()}
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def hit(self, name: str, who: str) -> None:
        """Count one try of `who`. Raises TooMany beyond the limit, with the seconds until the window ends."""
        rate = self._rates[name]
        if await self._limiter.hit(rate, name, who):
            return
        window = await self._limiter.get_window_stats(rate, name, who)
        raise TooMany(max(1, ceil(window.reset_time - time())))


def limited(name: str) -> Any:
    """Dependency: the request counts against this limit, per session where there is one, else per address."""

    async def count(request: Request) -> None:
        shell = request.app.state.shell
        tokens = (shell.cookies.session_token(request, side) for side in ("public", "office"))
        await shell.limits.hit(name, next(filter(None, tokens), None) or _address(request))

    return Depends(count)


def _address(request: Request) -> str:
    """The client's address; for IPv6 the customer's whole network, as one customer has 2^64 addresses in it."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(int(address) >> (128 - _IPV6_CUSTOMER_BITS))
    return host

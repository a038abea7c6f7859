"""What all pages of an installation share. Built once, where the parts meet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from aktenlauf.kit.clock import Clock, system_clock
from aktenlauf.kit.identity import Identity, Side
from aktenlauf.kit.sessions import Sessions
from aktenlauf.kit.stopping import Stopping
from aktenlauf.kit.web.cookies import Cookies
from aktenlauf.kit.web.limits import RateLimits

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`base_url` and `office_url`: scheme, host and port under which each side is reached from outside."""

    base_url: str
    office_url: str
    strip: str = ""
    """Line above every page; empty for none."""
    strip_href: str = ""
    """Where that line leads; empty: nowhere."""
    contact: str = ""
    """Whom to turn to, shown below every public page and on problem pages: a phone number or address."""
    demo: bool = False

    def url(self, side: Side) -> str:
        """Where this side is reached, without a slash at the end."""
        return (self.office_url if side == "office" else self.base_url).rstrip("/")

    @property
    def secure(self) -> bool:
        """Both sides are reached by https."""
        return self.base_url.startswith("https://") and self.office_url.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that a request may carry. On one's own machine all names of the loopback are one."""
        names = {urlsplit(url).hostname or "" for url in (self.base_url, self.office_url)}
        return frozenset(names | _LOOPBACK if names & _LOOPBACK else names)


@dataclass(frozen=True)
class OfficeLabel:
    """How an authority is called on a page: its name, and below it what it is."""

    name: str
    kind: str
    test: bool = False
    """Kept for trial runs after a deployment."""


@dataclass(frozen=True)
class Shell:
    """`secret`: at least 32 random bytes, the same in every process of the installation.

    `office` gives the label of an authority by its key; for None that of the installation. `clock` measures
    sessions, which last real time: it is the machine's clock even where the product's is shifted.
    """

    sessions: Sessions
    identity: Identity
    secret: bytes
    settings: WebSettings
    office: Callable[[str | None], OfficeLabel]
    limits: RateLimits
    clock: Clock = system_clock
    stopping: Stopping = field(default_factory=Stopping)

    @cached_property
    def cookies(self) -> Cookies:
        """The cookies of this installation."""
        return Cookies(self.secret, self.settings.secure)

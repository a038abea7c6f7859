"""The site map: which service answers which path, for whom, and where it stands in a menu.

The proxy's rules, the menus and the test matrix of routes are made from this table. The longest prefix wins. A path
belongs to exactly one side: people of the public, people of the office, machines, or the kit (the same for all).
"""

from dataclasses import dataclass
from typing import Literal

Side = Literal["public", "office", "machine", "kit"]

STAFF = frozenset({"caseworker", "approver", "counter", "planner", "auditor"})
APPLICANT = frozenset({"applicant", "representative"})


@dataclass(frozen=True, slots=True)
class Prefix:
    """One path prefix. `nav` is the German menu label (a gettext msgid), None where it is not in a menu."""

    path: str
    service: str
    side: Side
    nav: str | None = None
    roles: frozenset[str] = frozenset()


PREFIXES: tuple[Prefix, ...] = (
    Prefix("/", "intake", "public"),
    Prefix("/antrag", "intake", "public", "Meine Anträge", APPLICANT),
    Prefix("/postfach", "intake", "public", "Postfach", APPLICANT),
    Prefix("/konto", "intake", "public", None, APPLICANT),
    Prefix("/hilfe", "intake", "public", "Hilfe"),
    Prefix("/impressum", "intake", "public"),
    Prefix("/datenschutz", "intake", "public"),
    Prefix("/barrierefreiheit", "intake", "public"),
    Prefix("/anmelden", "intake", "public"),
    Prefix("/abmelden", "intake", "public"),
    Prefix("/demo-anmeldung", "demo", "kit"),
    Prefix("/vorfuehrung", "demo", "kit"),
    Prefix("/nachweise", "documents", "public", None, APPLICANT),
    Prefix("/termin", "scheduling", "public", None, APPLICANT),
    Prefix("/amt", "review", "office", "Arbeitsvorrat", STAFF),
    Prefix("/amt/freigaben", "review", "office", "Freigaben", frozenset({"approver"})),
    Prefix("/amt/anmelden", "review", "office"),
    Prefix("/amt/abmelden", "review", "office"),
    Prefix("/amt/nachweise", "documents", "office", None, STAFF),
    Prefix("/amt/termine", "scheduling", "office", "Termine", STAFF),
    Prefix("/xoev", "xoev-gateway", "machine"),
    Prefix("/feeds", "xoev-gateway", "machine"),
    Prefix("/api/intake/v1", "intake", "machine"),
    Prefix("/api/documents/v1", "documents", "machine"),
    Prefix("/api/review/v1", "review", "machine"),
    Prefix("/api/scheduling/v1", "scheduling", "machine"),
    Prefix("/api/xoev-gateway/v1", "xoev-gateway", "machine"),
    Prefix("/static", "kit", "kit"),
    Prefix("/healthz", "kit", "kit"),
    Prefix("/livez", "kit", "kit"),
    Prefix("/readyz", "kit", "kit"),
    Prefix("/metrics", "kit", "kit"),
)

SERVICES: tuple[str, ...] = tuple(dict.fromkeys(p.service for p in PREFIXES if p.service not in ("kit", "demo")))
"""The services, each once."""

_LONGEST_FIRST = sorted(PREFIXES, key=lambda prefix: -len(prefix.path))


def owner(path: str) -> Prefix:
    """The entry with the longest prefix of `path`, whole segments only: `/amtlich` is not below `/amt`."""
    for prefix in _LONGEST_FIRST:
        if path == prefix.path or path.startswith(prefix.path.rstrip("/") + "/"):
            return prefix
    raise LookupError(f"{path} does not begin with /")

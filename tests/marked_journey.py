"""One case in which every free text of every person is a word that occurs nowhere else, and its whole run.

Whatever is written meanwhile can be searched for these words.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from aktenlauf.cli.demo import APPLICANT
from aktenlauf.cli.journey import Journey
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.testing.waiting import until

from .course import Words, clarify, document, fill_in, hand_in, photo, settle
from .marks import mark

ANSWERS: dict[str, Any] = {
    "person.family_name": mark("familienname"),
    "person.given_names": mark("vorname"),
    "person.other_names": [{"name": mark("frueher"), "kind": "spelling"}],
    "person.birth_place": mark("geburtsort"),
    "contact.address": {
        "street": mark("strasse"),
        "house_number": "12 a",
        "postcode": "00901",
        "city": mark("wohnort"),
    },
    "contact.email": f"{mark('mail').lower()}@post.example",
    "representative.acts": "other",
    "representative.family_name": mark("vertretung"),
    "representative.given_names": mark("vertreter"),
    "representative.sex": "x",
    "representative.email": f"{mark('vertretungsmail').lower()}@post.example",
    "passport.number": mark("passnummer").upper(),
    "passport.issued_by": mark("passbehoerde"),
    "residence.number": mark("titelnummer").upper(),
    "entry.long_absence": True,
    "entry.absence_details": mark("abwesenheit"),
    "study.institution": mark("hochschule"),
    "study.subject": mark("studienfach"),
    "study.delay_reason": mark("verzoegerung"),
    "livelihood.employer": mark("arbeitgeber"),
    "livelihood.public_funds": True,
    "livelihood.public_funds_details": mark("leistungen"),
    "health.insurer": mark("versicherer"),
    "family.children": [
        {
            "family_name": mark("kindername"),
            "given_names": mark("kindervorname"),
            "birth_date": "2025-02-09",
            "nationality": "475",
            "in_germany": True,
        }
    ],
    "record.convicted": True,
    "record.details": mark("strafe"),
}
WORDS = Words(
    request=mark("nachforderung"),
    question=mark("frage"),
    answer=mark("antwort"),
    verdict=mark("pruefvermerk"),
    reasons=mark("gruende"),
    returned=mark("rueckgabe"),
    passport=document(f"{mark('passdatei')}.pdf", mark("passinhalt")),
    enrolment=photo(f"{mark('fotodatei')}.jpg", mark("fotoinhalt")),
    insurance=document(f"{mark('kassendatei')}.pdf", mark("kasseninhalt")),
)
TYPO, LETTER, SEARCHED = mark("tippfehler"), mark("brief"), mark("gesucht")
BROKEN = (f"{mark('kaputte')}.pdf", b"%PDF-1.7\n" + mark("kaputtes").encode(), "application/pdf")
REFUSED = mark("fremdes")
"""Stands in a file that somebody lays at the hand-over point and that is no message."""


def _person(side: str, role: str, roles: frozenset[str], office: str | None) -> DemoUser:
    given, family, mail = mark(f"{role}vorname"), mark(f"{role}nachname"), f"{mark(f'{role}mail').lower()}@post.example"
    return DemoUser(mark(f"{role}kennung").lower(), side, given, family, roles, office, date(1999, 1, 2), mail)  # type: ignore[arg-type]


PEOPLE = (
    _person("public", "antragsteller", APPLICANT, None),
    _person("office", "bearbeiter", frozenset({"caseworker"}), "probstadt"),
    _person("office", "freigeber", frozenset({"approver"}), "probstadt"),
)


def _marks_in(value: Any) -> Iterator[str]:
    """Every marked word in what is given, as it stands there."""
    match value:
        case dict():
            for inner in value.values():
                yield from _marks_in(inner)
        case list() | tuple():
            for inner in value:
                yield from _marks_in(inner)
        case str() if "xqz" in value.lower():
            yield value.partition("@")[0].partition(".")[0]


UPLOADED = tuple(mark(name) for name in ("passinhalt", "fotoinhalt", "kasseninhalt", "kaputtes"))
NAMES = [
    name
    for p in PEOPLE
    for name in (p.given_name, p.family_name, (p.email or "").partition("@")[0])
    if p.side == "public" or "mail" not in name  # the office's sign-in has no use for mail addresses
]
ALL = sorted(
    {
        *_marks_in(ANSWERS),
        *_marks_in([value for name, value in vars(WORDS).items() if isinstance(value, str)]),
        *_marks_in([WORDS.passport[0], WORDS.enrolment[0], WORDS.insurance[0], BROKEN[0]]),
        *UPLOADED,
        *NAMES,
        TYPO,
        LETTER,
    }
)


NOWHERE = (SEARCHED, REFUSED, *(p.subject for p in PEOPLE))
"""Searched for as well, but not even sealed do they lie anywhere but at a hand-over point."""


@dataclass
class Heard(httpx.AsyncBaseTransport):
    """Notes what leaves traces outside: addresses asked for, addresses sent to, cookies set."""

    inner: httpx.AsyncBaseTransport
    notes: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        traces = [value for name, value in response.headers.multi_items() if name in ("set-cookie", "location")]
        self.notes += [str(request.url), *traces]
        return response


async def type_wrong(j: Journey) -> None:
    """Begin. A draft keeps what could not be understood, until it is corrected."""
    await j.begin()
    page = await j.applicant.open(f"/antrag/{j.case}/person_name")
    values = {"person.family_name": f"{TYPO} 1", "person.given_names": TYPO}
    await j.applicant.submit(page, values, action=page.path, expect=422)


async def to_the_end(j: Journey, data: Path, settled: Callable[[], Awaitable[None]]) -> None:
    """All that follows. `data`: the folder with the hand-over points; `settled` waits for what is under way."""
    await fill_in(j, WORDS)
    await j.upload({"progress": BROKEN})
    await settled()
    await hand_in(j)
    await clarify(j, WORDS)
    thread = await j.applicant.open(f"/postfach/{j.case}")
    await j.applicant.submit(thread, {"text": LETTER}, action=f"/postfach/{j.case}")
    worklist = await j.caseworker.open("/amt")
    await j.caseworker.submit(worklist, {"q": SEARCHED}, action="/amt/suche")
    await settled()
    await settle(j, WORDS)
    await _lay_at_the_hand_over_point(data)
    await settled()


def hand_over_points(data: Path) -> tuple[Path, ...]:
    """What lies there is meant to be read by others."""
    return data / "mail", data / "xoev-gateway" / "drop"


async def _lay_at_the_hand_over_point(data: Path) -> None:
    """What the office's own system would say, and something that is no message."""
    drop = data / "xoev-gateway" / "drop"
    asked = next(file for file in (drop / "to-portal").glob("*.xml") if WORDS.question in file.read_text())
    for name, content in ((asked.name, asked.read_bytes()), (f"{REFUSED}.xml", REFUSED.encode())):
        (drop / f".{name}").write_bytes(content)
        (drop / f".{name}").rename(drop / "from-office" / name)

    async def is_read() -> bool:
        return not list((drop / "from-office").iterdir())

    await until(is_read, 20)

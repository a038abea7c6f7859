"""No personal data in the clear in anything written: files, their names, logs, addresses, cookies.

Every free text of every person is a word that occurs nowhere else. After the whole journey all bytes are searched for
all of them. The same run with sealing switched off shows that the search finds each one.
"""

import logging
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyrage
import pytest

from aktenlauf.cli.demo import APPLICANT
from aktenlauf.cli.journey import Journey
from aktenlauf.kit import logs, sealing
from aktenlauf.kit.adapters import session_records
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.testing.waiting import until

from .course import Words, clarify, document, fill_in, hand_in, photo, settle, signed_in
from .inside import Inside, inside
from .marks import files_below, mark, search

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


@dataclass
class Written:
    """What the journey left, taken at several moments: what is overwritten later counts too."""

    data: Path
    hits: dict[str, set[str]] = field(default_factory=dict)
    handed_over: set[str] = field(default_factory=set)

    @property
    def open_points(self) -> tuple[Path, ...]:
        """The hand-over points: what lies there is meant to be read by others."""
        return self.data / "mail", self.data / "xoev-gateway" / "drop"

    @property
    def found(self) -> set[str]:
        return set().union(*self.hits.values())

    def look(self, *more: tuple[str, str]) -> None:
        """Search everything as it is now, and what else is given as (name, text)."""
        words = [*ALL, *NOWHERE]
        texts = [(name, text.encode()) for name, text in more]
        for name, found in search([*files_below(self.data, self.open_points), *texts], words).items():
            self.hits.setdefault(name, set()).update(found)
        for point in self.open_points:
            self.handed_over |= set().union(*search(files_below(point), words).values())


async def _journey(data: Path, capture: pytest.CaptureFixture[str]) -> Written:
    """The whole run of one marked case, and everything it wrote."""
    logs.configure(json=True, level=logging.DEBUG)
    written = Written(data)
    async with inside(data, users=PEOPLE) as here:
        wires: list[Heard] = []

        def wire(transport: httpx.AsyncBaseTransport) -> Heard:
            wires.append(Heard(transport))
            return wires[-1]

        visitors = here.visitor(wire), here.visitor(wire), here.visitor(wire)
        subjects = PEOPLE[0].subject, PEOPLE[1].subject, PEOPLE[2].subject
        j = await signed_in(*visitors, subjects, ANSWERS)
        await _type_wrong(j)
        written.look()
        await _to_the_end(here, j, data)
        said = capture.readouterr()
        notes = "\n".join(note for heard in wires for note in heard.notes)
        written.look(("log", said.out + said.err), ("addresses and cookies", notes))
    written.look()
    return written


async def _type_wrong(j: Journey) -> None:
    """A draft keeps what could not be understood, until it is corrected."""
    await j.begin()
    page = await j.applicant.open(f"/antrag/{j.case}/person_name")
    values = {"person.family_name": f"{TYPO} 1", "person.given_names": TYPO}
    await j.applicant.submit(page, values, action=page.path, expect=422)


async def _to_the_end(here: Inside, j: Journey, data: Path) -> None:
    await fill_in(j, WORDS)
    await j.upload({"progress": BROKEN})
    await here.settled()
    await hand_in(j)
    await clarify(j, WORDS)
    thread = await j.applicant.open(f"/postfach/{j.case}")
    await j.applicant.submit(thread, {"text": LETTER}, action=f"/postfach/{j.case}")
    worklist = await j.caseworker.open("/amt")
    await j.caseworker.submit(worklist, {"q": SEARCHED}, action="/amt/suche")
    await here.settled()
    await settle(j, WORDS)
    await _lay_at_the_hand_over_point(data)
    await here.settled()


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


# --- sealing on ---------------------------------------------------------------------------------------------------


async def test_no_word_of_anybody_is_found_in_anything_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    written = await _journey(tmp_path / "var", capfd)
    assert written.hits == {}
    assert list((tmp_path / "tmp").iterdir()) == []
    _only_the_owner_may_enter(written)


def _only_the_owner_may_enter(written: Written) -> None:
    """What is handed over lies in the clear, but for the owner alone."""
    assert {mark("familienname"), ANSWERS["contact.email"].partition("@")[0], REFUSED} <= written.handed_over
    for point in written.open_points:
        for folder in (point, *(path for path in point.rglob("*") if path.is_dir())):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


# --- sealing off: the search must find everything -----------------------------------------------------------------


class Glass:
    """AES-GCM that lets everything through."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes | None) -> bytes:
        return data

    decrypt = encrypt


@pytest.fixture
async def unsealed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    def token(plain: bytes, key: bytes, name: str, event_id: str) -> str:
        header = orjson.dumps({"alg": "none", "kid": name, "eid": event_id})
        return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, b"", b"0", plain, b"0"))

    def content(token: str, key: bytes) -> bytes:
        return urlsafe_b64decode(token.split(".")[3] + "==")

    monkeypatch.setattr(sealing, "_encrypt", token)
    monkeypatch.setattr(sealing, "_decrypt", content)
    monkeypatch.setattr(pyrage, "encrypt", lambda content, recipients: content)
    monkeypatch.setattr(pyrage, "decrypt", lambda content, identities: content)
    monkeypatch.setattr(session_records, "AESGCM", Glass)
    yield


@pytest.mark.usefixtures("unsealed")
async def test_with_sealing_off_the_search_finds_every_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    written = await _journey(tmp_path / "var", capfd)
    assert set(ALL) - written.found == set()


@pytest.mark.parametrize("before", ["", "a", "ab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "base64", "urlsafe", "hex"])
def test_a_word_is_found_in_whatever_form_it_was_written(before: str, encoding: str) -> None:
    word = mark("probe")
    text = f"{before}{word}?".encode()
    encoded = {
        "base64": lambda: urlsafe_b64encode(text).replace(b"-", b"+").replace(b"_", b"/"),
        "urlsafe": lambda: urlsafe_b64encode(text),
        "hex": lambda: text.hex().encode(),
    }.get(encoding, lambda: f"{before}{word}?".encode(encoding))()
    assert search([("a file", b"...." + encoded + b"....")], [word, mark("andere")]) == {"a file": {word}}

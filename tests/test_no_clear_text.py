"""No personal data in the clear in anything written: files, their names, logs, addresses, cookies.

Every free text of every person is a word that occurs nowhere else. After the whole journey all bytes are searched for
all of them. The same run with sealing switched off shows that the search finds each one. In the distributed form:
`faults/test_no_clear_text`.
"""

import logging
import stat
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import pytest

from aktenlauf.kit import logs

from .course import signed_in
from .inside import inside
from .marked_journey import ALL, ANSWERS, NOWHERE, PEOPLE, REFUSED, Heard, hand_over_points, to_the_end, type_wrong
from .marks import files_below, found_in, mark, search
from .unsealed import REPLACED

pytestmark = pytest.mark.long


@dataclass
class Written:
    """What the journey left, taken at several moments: what is overwritten later counts too."""

    data: Path
    hits: dict[str, set[str]] = field(default_factory=dict)
    handed_over: set[str] = field(default_factory=set)

    @property
    def found(self) -> set[str]:
        return set().union(*self.hits.values())

    def look(self, *more: tuple[str, str]) -> None:
        """Search everything as it is now, and what else is given as (name, text)."""
        words = [*ALL, *NOWHERE]
        texts = [(name, text.encode()) for name, text in more]
        for name, found in search([*files_below(self.data, hand_over_points(self.data)), *texts], words).items():
            self.hits.setdefault(name, set()).update(found)
        for point in hand_over_points(self.data):
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
        await type_wrong(j)
        written.look()
        await to_the_end(j, data, here.settled)
        said = capture.readouterr()
        notes = "\n".join(note for heard in wires for note in heard.notes)
        written.look(("log", said.out + said.err), ("addresses and cookies", notes))
    written.look()
    return written


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
    for point in hand_over_points(written.data):
        for folder in (point, *(path for path in point.rglob("*") if path.is_dir())):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


# --- sealing off: the search must find everything -----------------------------------------------------------------


@pytest.fixture
def unsealed(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name, instead in REPLACED:
        monkeypatch.setattr(place, name, instead)


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


def test_words_are_found_wherever_they_lie_in_much_else() -> None:
    near, next_to_it, far = words = [mark(name) for name in ("nahes", "naechstes", "fernes")]
    noise = Random(7).randbytes(1_000_000)
    content = noise + b64encode(near.encode()) + next_to_it.upper().encode() + noise + far.encode("utf-16-le") + noise
    assert found_in(content, [*words, mark("anderes")]) == set(words)

"""Erasing one of two cases: nothing of it can be read any more, its history still opens, the other is untouched."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import pytest_asyncio

from aktenlauf.cli.journey import Journey
from aktenlauf.cli.visitor import Page, Visitor
from aktenlauf.contracts.common import ErasureOrdered, KeysDestroyed, PersonalDataErased
from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.clock import ShiftedClock
from aktenlauf.kit.erasure import CERTIFY_AFTER
from aktenlauf.kit.log import Stored, walk
from aktenlauf.kit.testing.waiting import until

from .course import Words, document, fill_in, photo, signed_in, whole
from .inside import Inside, inside
from .reading import all_documents

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]
GONE, KEPT, DRAFTED = "Wegmarke", "Bleibmarke", "Entwurfsmarke"
"""What every word of the one case's people contains, of the other's, and of a draft that is never filed."""


@dataclass
class Case:
    """One case, and what was there of it before the erasure."""

    journey: Journey
    mark: str
    pages: dict[str, Page]
    """Everything that both sides could open, by address."""
    blobs: set[str]
    wrapped: bytes
    """Its key as the keyring stores it."""

    @property
    def id(self) -> str:
        return self.journey.case

    def visitor(self, path: str) -> Visitor:
        return self.journey.caseworker if path.startswith("/amt") else self.journey.applicant


@dataclass
class Stage:
    """The installation after the erasure, before its certificate."""

    here: Inside
    data: Path
    clock: ShiftedClock
    gone: Case
    kept: Case
    before: Mapping[str, list[Stored]]
    """Every log as it was."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    data, clock = tmp_path_factory.mktemp("erasure") / "var", ShiftedClock()
    async with inside(data, clock) as here:
        gone = await _case(here, data, "pruefling", GONE)
        kept = await _case(here, data, "mateo", KEPT)
        before = {name: await _records(here, name) for name in here.installation.services}
        await gone.journey.erase()
        await here.settled()
        yield Stage(here, data, clock, gone, kept, before)


async def _case(here: Inside, data: Path, applicant: str, mark: str) -> Case:
    people = (applicant, "pruefung", "freigabe")
    answers = {"person.family_name": mark, "contact.email": f"{mark.lower()}@post.example"}
    j = await signed_in(here.visitor(), here.visitor(), here.visitor(), people, answers)
    text = f"Wort {mark}"
    files = document(f"{mark}.pdf", text), photo(f"{mark}.jpg", text), document(f"{mark}-Kasse.pdf", text)
    await whole(j, Words(text, text, text, text, text, text, *files))
    await here.settled()
    own = await _reachable(j.applicant, j.case, "/antrag", f"/antrag/{j.case}/eingang")
    pages = {**own, **await _reachable(j.caseworker, j.case, f"/amt/{j.case}")}
    assert {f"/antrag/{j.case}", f"/postfach/{j.case}", f"/termin/{j.case}", f"/amt/{j.case}/verlauf"} <= pages.keys()
    blobs = {blob for event in await _events(here, j.case) for blob in event.get("blobs", [])}
    return Case(j, mark, pages, blobs, _wrapped(data, j.case))


async def _reachable(visitor: Visitor, case: str, *first: str) -> dict[str, Page]:
    """All pages, images and files about the case to which links lead from the first pages of one side."""
    found: dict[str, Page] = {}
    waiting = [*first]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = page = await visitor.open(path)
        if page.media_type == "text/html":
            links = [*page.links(case), *(str(src) for src in page.tree.xpath("//img/@src"))]
            waiting += [
                link.partition("#")[0] for link in links if case in urlsplit(link).path and "sprache=" not in link
            ]
    return {path: page for path, page in found.items() if case in path}


async def _records(here: Inside, service: str) -> list[Stored]:
    return [stored async for stored in walk(here[service].ports.log)]


async def _events(here: Inside, case: str) -> list[dict[str, Any]]:
    """The data of the case's events, each from the service that it is of."""
    found = []
    for name in here.installation.services:
        for stored in await _records(here, name):
            record = orjson.loads(stored.record)
            if record.get("subject") == case and record["source"] == name:
                found.append(record["data"])
    return found


def _wrapped(data: Path, case: str) -> bytes:
    with closing(sqlite3.connect(data / "keyring.db")) as db:
        return bytes(db.execute("SELECT wrapped FROM keys WHERE name = ?", (f"case/{case}",)).fetchone()[0])


def _files(data: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in data.rglob("*") if file.is_file()}


def _blobs(data: Path) -> set[str]:
    return {file.name for file in (data / "blobs").rglob("*") if file.is_file()}


def _says_erased(page: Page) -> bool:
    return "gelöscht" in page.text.lower()


# --- the erased case ----------------------------------------------------------------------------------------------


async def test_every_page_of_both_sides_says_so_and_shows_nothing(stage: Stage) -> None:
    case = stage.gone
    assert any(GONE in page.text for page in case.pages.values() if page.media_type == "text/html")
    for path, before in case.pages.items():
        page = await case.visitor(path).open(path, expect=None)
        assert GONE.lower().encode() not in page.content.lower(), path
        if before.media_type == "text/html" and not path.endswith("/einsicht"):
            assert page.status in (200, 410), (path, page.status, page.heading)
            assert _says_erased(page), (path, page.status, page.heading)


async def test_who_looked_is_still_told(stage: Stage) -> None:
    assert "Sachbearbeitung" in (await stage.gone.journey.looks_shown()).text


async def test_nothing_is_left_to_withdraw(stage: Stage) -> None:
    path = f"/antrag/{stage.gone.id}/zuruecknehmen"
    form = stage.gone.pages[path]
    answer = await stage.gone.journey.applicant.submit(form, action=path, expect=410)
    assert _says_erased(answer)


async def test_files_and_page_images_are_gone(stage: Stage) -> None:
    files = {path for path, page in stage.gone.pages.items() if page.media_type != "text/html"}
    assert {page.media_type for page in stage.gone.pages.values()} >= {"application/pdf", "image/jpeg"}
    for path in sorted(files - {path for path in files if path.endswith(".ics")}):
        page = await stage.gone.visitor(path).open(path, expect=None)
        assert page.status in (404, 410), (path, page.status)


async def test_its_history_still_tells_every_event(stage: Stage) -> None:
    path = f"/amt/{stage.gone.id}/verlauf"
    before = {str(time) for time in stage.gone.pages[path].tree.xpath("//time/@datetime")}
    page = await stage.gone.journey.caseworker.open(path)
    assert before <= {str(time) for time in page.tree.xpath("//time/@datetime")}
    assert _says_erased(page)


async def test_what_was_recorded_is_not_touched(stage: Stage) -> None:
    for name, before in stage.before.items():
        assert before and (await _records(stage.here, name))[: len(before)] == before


async def test_hand_over_points_hold_nothing_of_it(stage: Stage) -> None:
    open_folders = ("mail", "xoev-gateway/drop")
    left = {
        file: content
        for folder in open_folders
        for file, content in _files(stage.data / folder).items()
        if stage.gone.id in f"{file} {content!r}" or stage.gone.journey.number.encode() in content
    }
    assert not left
    assert any(stage.kept.id in file.name for file in _files(stage.data / "mail"))
    assert any(stage.kept.journey.number.encode() in c for c in _files(stage.data / "xoev-gateway/drop").values())


async def test_its_stored_objects_are_gone_and_no_others(stage: Stage) -> None:
    assert stage.gone.blobs and stage.kept.blobs
    assert _blobs(stage.data) & stage.gone.blobs == set()
    assert stage.kept.blobs <= _blobs(stage.data)


async def test_its_key_is_in_no_file_any_more(stage: Stage) -> None:
    files = _files(stage.data)
    assert not [file for file, content in files.items() if stage.gone.wrapped in content]
    assert [file for file, content in files.items() if stage.kept.wrapped in content]


async def test_no_draft_is_left(stage: Stage) -> None:
    assert await stage.here["intake"].ports.drafts.load(stage.gone.id) is None


async def test_a_deleted_draft_leaves_nothing(stage: Stage) -> None:
    here, people = stage.here, ("amira", "pruefung", "freigabe")
    j = await signed_in(here.visitor(), here.visitor(), here.visitor(), people, {"person.family_name": DRAFTED})
    await fill_in(j, Words(passport=document(f"{DRAFTED}.pdf", DRAFTED)))
    await here.settled()
    wrapped, blobs = _wrapped(stage.data, j.case), {b for e in await _events(here, j.case) for b in e.get("blobs", [])}
    assert blobs <= _blobs(stage.data)
    page = await j.applicant.open(f"/antrag/{j.case}/loeschen")
    await j.applicant.submit(page, action=page.path)
    await here.settled()
    assert await here["intake"].ports.drafts.load(j.case) is None
    assert not _blobs(stage.data) & blobs
    assert not [file for file, content in _files(stage.data).items() if wrapped in content]
    for path in (f"/antrag/{j.case}", f"/nachweise/{j.case}"):
        page = await j.applicant.open(path, expect=None)
        assert DRAFTED.encode() not in page.content and page.status in (200, 404, 410), (path, page.status)


# --- the other case -----------------------------------------------------------------------------------------------


async def test_everything_of_the_other_case_opens_as_before(stage: Stage) -> None:
    for path, before in stage.kept.pages.items():
        page = await stage.kept.visitor(path).open(path)
        assert page.media_type == before.media_type, path
        if before.media_type == "text/html":
            assert (KEPT in page.text) == (KEPT in before.text), path
        else:
            assert page.content == before.content, path


# --- the certificate, and a rebuild: they move the clock and end the installation, so they come last ----------------


async def test_it_is_certified_once_no_cache_can_hold_the_key(stage: Stage) -> None:
    stream = f"review/erasure/{stage.gone.id}"

    async def told(service: str) -> list[type]:
        return [type(parse(s.record).event) for s in await stage.here[service].ports.log.read(stream)]

    assert await told("review") == [ErasureOrdered, KeysDestroyed]
    stage.clock.advance(CERTIFY_AFTER + timedelta(seconds=1))
    for service, definition in ((s, stage.here[s].definition) for s in stage.here.installation.services):
        if service == "review" or "review" in definition.hears:

            async def is_told(service: str = service) -> bool:
                return await told(service) == [ErasureOrdered, KeysDestroyed, PersonalDataErased]

            await until(is_told)
    _, destroyed, certified = [parse(s.record).meta.at for s in await stage.here["review"].ports.log.read(stream)]
    assert certified - destroyed == CERTIFY_AFTER
    await stage.here.settled()


async def test_views_made_anew_from_the_logs_are_the_same(stage: Stage, tmp_path: Path) -> None:
    async def nothing_is_due() -> bool:  # the deleted draft's certificate too: the clock was moved for both
        return not any(docs for name, docs in (await all_documents(stage.here)).items() if "erasures_due" in name)

    await until(nothing_is_due)
    await stage.here.settled()
    live = await all_documents(stage.here)
    copy = tmp_path / "var"
    _copy_without_views(stage.data, copy)
    async with inside(copy, stage.clock) as again:
        await again.settled()
        assert await all_documents(again) == live


def _copy_without_views(data: Path, copy: Path) -> None:
    """SQLite's own way to copy a file that is in use; the rest is not written to any more."""
    for file in data.rglob("*"):
        target = copy / file.relative_to(data)
        if file.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif file.suffix == ".db" and file.name != "views.db":
            target.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as out:
                source.backup(out)
        elif ".db" not in file.name:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())

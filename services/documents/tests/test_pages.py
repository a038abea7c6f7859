"""Uploading and looking, through the app as a browser without script would."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.requests import Request

from aktenlauf.contracts.common import Accessed, DocumentRef, ErasureOrdered
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted, Message, MessageDelivered, MessageRead
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.documents.deliveries import page_images
from aktenlauf.documents.domain import DeleteDocument, RecordScan
from aktenlauf.documents.pages import UPLOADS_FACTOR
from aktenlauf.documents.service import definition
from aktenlauf.documents.views import files
from aktenlauf.kit.grants import UPLOAD_COOKIE, Grant
from aktenlauf.kit.identity import Person
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.scanner import Verdict
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing import files as made
from aktenlauf.kit.testing.alone import Stand, alone, hidden_fields
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.web.cookies import Cookies

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
AMIRA = Person(subject="amira", name="Amira Haddad", roles=frozenset({"applicant"}))
LINH = Person(subject="linh", name="Linh Nguyễn", roles=frozenset({"applicant"}))
KELLER = Person(subject="keller", name="S. Keller", roles=frozenset({"caseworker"}), office="erlenbruck")
HUBER = Person(subject="huber", name="F. Huber", roles=frozenset({"caseworker"}), office="lindenried")
PDF = ("Pass.pdf", made.pdf(2), "application/pdf")


class Desk:
    """The running service and what a test does with it."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand

    async def applicant(
        self, person: Person = AMIRA, case: str = "c-1", evidence: tuple[str, ...] = ("passport",)
    ) -> Any:
        """A browser with a grant for the draft, as intake gives it."""
        ports = self.stand.service.ports
        browser = await self.stand.browser("public", person)
        grant = Grant("upload", case, await party_of(ports.keyring, person.subject), ("passport",))
        session = _session(browser, self.stand.shell.cookies)
        browser.cookies.set(UPLOAD_COOKIE, ports.grants.sign(grant, session, NOW))
        return browser

    async def submitted(self, person: Person = AMIRA, case: str = "c-1") -> None:
        """Intake says that the application was submitted with all that is there."""
        doc = await self.stand.service.find(files, System("test"), case)
        documents = [
            DocumentRef(document=d["id"], kind=d["evidence"]) for d in (doc or {}).get("documents", {}).values()
        ]
        event = ApplicationSubmitted(
            number="AL-1",
            service="study_extension",
            catalogue_version=1,
            application="extension",
            office="erlenbruck",
            party=await party_of(self.stand.service.ports.keyring, person.subject),
            evidence=["passport"],
            documents=documents,
            digest="0" * 64,
            sealed=Sealed.of(ApplicationContent(answers={}, name="Haddad, Amira", salt="s")),
        )
        await self.stand.happened("intake", event, stream=f"intake/application/{case}", case=case)
        await self.stand.settled()

    async def document(self, case: str = "c-1") -> dict[str, Any]:
        """The only document of the case, once it was looked through."""
        async with asyncio.timeout(20):
            while True:
                await self.stand.settled()
                doc = await self.stand.service.get(files, System("test"), case)
                (entry,) = doc["documents"].values()
                if entry["status"] != "uploaded":
                    return dict(entry)
                await asyncio.sleep(0.01)


def _session(browser: httpx.AsyncClient, cookies: Cookies) -> str:
    """The session token inside the browser's cookie, as the app reads it."""
    header = "; ".join(f"{c.name}={c.value}" for c in browser.cookies.jar)
    scope = {"type": "http", "headers": [(b"cookie", header.encode())], "method": "GET", "path": "/"}
    return str(cookies.session_token(Request(scope), "public"))


async def _upload(
    browser: httpx.AsyncClient, *uploads: Any, case: str = "c-1", kind: str = "passport", **more: str
) -> httpx.Response:
    page = await browser.get(f"/nachweise/{case}")
    assert page.status_code == 200, page.text[:500]
    fields = _first_form(page)
    parts: list[Any] = [(name, (None, value)) for name, value in {**fields, "hochladen": "passport", **more}.items()]
    return await browser.post(f"/nachweise/{case}", files=parts + [("file", upload) for upload in uploads])


def _first_form(page: httpx.Response) -> dict[str, str]:
    action = page.url.path
    _, _, rest = page.text.partition(f'<form action="{action}"')
    body = rest.partition("</form>")[0]
    return hidden_fields(httpx.Response(200, text=f'<form action="{action}"{body}</form>'), action)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with alone(definition, tmp_path, NOW) as stand:
        yield Desk(stand)


async def test_an_upload_to_a_draft_is_stored_sealed_and_its_pages_become_images(desk: Desk, tmp_path: Path) -> None:
    browser = await desk.applicant()
    answer = await _upload(browser, ("Pass.pdf", made.pdf(2, "GEHEIMWORT"), "application/pdf"))
    assert answer.status_code == 303
    entry = await desk.document()
    assert (entry["status"], entry["pages"], entry["evidence"]) == ("checked", 2, "passport")
    stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"GEHEIMWORT" in content or b"%PDF" in content for content in stored)


async def test_the_same_form_sent_twice_stores_one_document(desk: Desk) -> None:
    browser = await desk.applicant()
    page = await browser.get("/nachweise/c-1")
    fields = _first_form(page)
    parts: list[Any] = [(n, (None, v)) for n, v in {**fields, "hochladen": "passport"}.items()] + [("file", PDF)]
    answers = [await browser.post("/nachweise/c-1", files=parts) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    await desk.document()
    another = [*parts[:-1], ("file", ("Pass.pdf", made.pdf(1, "anderes"), "application/pdf"))]
    assert (await browser.post("/nachweise/c-1", files=another)).status_code == 409


async def test_a_case_takes_so_many_files_also_where_they_are_removed_and_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was removed leaves its events, and objects that erasure must know."""
    service = desk.stand.service
    monkeypatch.setattr(service, "settings", service.settings.model_copy(update={"files_per_case_max": 1}))
    browser = await desk.applicant()
    for _ in range(UPLOADS_FACTOR):
        assert (await _upload(browser, PDF)).status_code == 303
        entry = await desk.document()
        assert "gehören schon 1 Dateien" in (await _upload(browser, PDF)).text
        page = await browser.get("/nachweise/c-1")
        parts = {**_first_form(page), "entfernen": entry["id"]}
        await browser.post("/nachweise/c-1", files=[(name, (None, value)) for name, value in parts.items()])
        await desk.stand.settled()
    refused = await _upload(browser, PDF)
    assert refused.status_code == 422
    assert "auch solche, die Sie wieder entfernt haben" in refused.text


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (("leer.pdf", b"", "application/pdf"), "ist leer"),
        (("Foto.jpg", made.pdf(), "image/jpeg"), "enthält etwas anderes"),
        (("Brief.docx", b"PK\x03\x04" + b"0" * 200, "application/msword"), "können wir nicht öffnen"),
        (("gross.pdf", b"%PDF-1.7\n" + b"0" * 20_000_001, "application/pdf"), "zu groß"),
    ],
)
async def test_a_file_that_cannot_be_taken_says_why_and_what_to_do(desk: Desk, upload: Any, words: str) -> None:
    browser = await desk.applicant()
    answer = await _upload(browser, upload)
    assert answer.status_code == 422
    assert words in answer.text
    assert upload[0] in answer.text


async def test_one_bad_file_does_not_take_the_good_ones_along(desk: Desk) -> None:
    browser = await desk.applicant()
    answer = await _upload(browser, PDF, ("leer.pdf", b"", "application/pdf"))
    assert answer.status_code == 422
    assert (await desk.document())["status"] == "checked"


async def test_a_file_that_kills_its_parser_is_rejected_and_the_next_one_is_looked_through(desk: Desk) -> None:
    browser = await desk.applicant()
    await _upload(browser, ("bombe.pdf", made.pdf_bomb(), "application/pdf"))
    assert (await desk.document())["reason"] == "unreadable"
    await _upload(await desk.applicant(LINH, "c-2"), PDF, case="c-2")
    assert (await desk.document("c-2"))["status"] == "checked"


async def test_a_file_that_takes_long_keeps_no_other_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, scan = asyncio.Event(), desk.stand.service.ports.scanner.scan
    slow = made.pdf(1, "LANGSAM")

    async def slowly(chunks: AsyncIterator[bytes]) -> Verdict:
        data = b"".join([chunk async for chunk in chunks])
        if data == slow:
            await may_end.wait()
        return await scan(chunks_of(data))

    monkeypatch.setattr(desk.stand.service.ports.scanner, "scan", slowly)
    await _upload(await desk.applicant(), ("Langsam.pdf", slow, "application/pdf"))
    await _upload(await desk.applicant(LINH, "c-2"), PDF, case="c-2")
    await until(lambda: has_status(desk, "c-2", "checked"), 20)
    assert await has_status(desk, "c-1", "uploaded")
    may_end.set()
    assert (await desk.document())["status"] == "checked"


async def chunks_of(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def has_status(desk: Desk, case: str, status: str) -> bool:
    doc = await desk.stand.service.find(files, System("test"), case)
    return {entry["status"] for entry in (doc or {"documents": {}})["documents"].values()} == {status}


async def test_an_encrypted_pdf_is_rejected_for_its_password(desk: Desk) -> None:
    await _upload(await desk.applicant(), ("geheim.pdf", made.encrypted_pdf(), "application/pdf"))
    assert (await desk.document())["reason"] == "password"


async def test_malware_is_rejected(desk: Desk) -> None:
    infected = made.pdf(catalog=b"/OpenAction << /S /Launch /F (cmd.exe) >>")
    await _upload(await desk.applicant(), ("Brief.pdf", infected, "application/pdf"))
    assert (await desk.document())["reason"] == "malware"


async def test_several_photos_of_one_paper_become_one_document_however_often_they_are_sent(desk: Desk) -> None:
    browser = await desk.applicant()
    photos = [(f"Seite {n}.jpg", made.jpeg(seed=n), "image/jpeg") for n in (1, 2)]
    fields = _first_form(await browser.get("/nachweise/c-1")) | {"hochladen": "passport", "zusammen": "ja"}
    parts: list[Any] = [*((name, (None, value)) for name, value in fields.items())]
    for _ in range(2):
        sent = await browser.post("/nachweise/c-1", files=parts + [("file", photo) for photo in photos])
        assert sent.status_code == 303
    document = await desk.document()
    assert (document["status"], document["pages"]) == ("checked", 2)
    assert "Reisepass.pdf" in (await browser.get("/nachweise/c-1")).text


async def test_photos_stay_by_themselves_when_nobody_asks_or_one_is_broken(desk: Desk) -> None:
    browser = await desk.applicant()
    photo, broken = made.jpeg(seed=1), made.jpeg(seed=2)[:2000]
    await _upload(browser, ("a.jpg", photo, "image/jpeg"), ("b.jpg", photo, "image/jpeg"))
    await _upload(browser, ("c.jpg", photo, "image/jpeg"), ("d.jpg", broken, "image/jpeg"), zusammen="ja")
    page = await browser.get("/nachweise/c-1")
    assert [name in page.text for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")] == [True] * 4


async def test_a_draft_is_closed_to_everybody_without_its_grant(desk: Desk) -> None:
    browser = await desk.applicant()
    assert (await browser.get("/nachweise/c-1")).status_code == 200
    stranger = await desk.stand.browser("public", LINH)
    assert (await stranger.get("/nachweise/c-1")).status_code == 404
    own_grant_other_case = await desk.applicant(LINH, "c-2")
    assert (await own_grant_other_case.get("/nachweise/c-1")).status_code == 404


async def test_whoever_lost_the_right_to_upload_is_shown_the_way_to_a_new_one(desk: Desk) -> None:
    browser = await desk.applicant()
    fields = _first_form(await browser.get("/nachweise/c-1")) | {"hochladen": "passport"}
    desk.stand.clock.advance(minutes=31)
    parts: list[Any] = [*((name, (None, value)) for name, value in fields.items()), ("file", PDF)]
    sent = await browser.post("/nachweise/c-1", files=parts)
    for answer in (sent, await browser.get("/nachweise/c-1")):
        assert answer.status_code == 404
        assert 'href="/antrag/c-1/nachweise"' in answer.text


async def test_the_header_counts_unread_messages(desk: Desk) -> None:
    browser = await desk.applicant()
    await desk.submitted()
    delivered = MessageDelivered(message="m-1", about="status", sealed=Sealed.of(Message(subject="Neu", text="Text")))
    await desk.stand.happened("intake", delivered, stream="intake/mailbox/c-1", case="c-1")
    await desk.stand.settled()
    assert 'class="al-count">1' in (await browser.get("/nachweise/c-1")).text
    await desk.stand.happened("intake", MessageRead(message="m-1"), stream="intake/mailbox/c-1", case="c-1")
    await desk.stand.settled()
    assert 'class="al-count"' not in (await browser.get("/nachweise/c-1")).text


async def test_a_grant_taken_to_another_session_opens_nothing(desk: Desk) -> None:
    browser = await desk.applicant()
    thief = await desk.stand.browser("public", LINH)
    thief.cookies.set(UPLOAD_COOKIE, browser.cookies[UPLOAD_COOKIE])
    assert (await thief.get("/nachweise/c-1")).status_code == 404


async def test_only_the_competent_office_sees_a_document_and_the_look_is_recorded(desk: Desk) -> None:
    browser = await desk.applicant()
    await _upload(browser, PDF)
    document = (await desk.document())["id"]
    await desk.submitted()
    path = f"/amt/nachweise/c-1/{document}/seite/1"
    assert (await (await desk.stand.browser("office", HUBER)).get(path)).status_code == 404
    seen = await (await desk.stand.browser("office", KELLER)).get(path)
    assert seen.status_code == 200
    assert seen.headers["content-type"] == "image/jpeg"
    assert "sandbox" in seen.headers["content-security-policy"]
    (record,) = await desk.stand.service.ports.log.read("documents/access/c-1")
    assert parse(record.record).event == Accessed(
        role="caseworker", office="erlenbruck", what="document", document=document
    )


async def test_a_submitted_document_cannot_be_removed_and_a_new_one_can(desk: Desk) -> None:
    browser = await desk.applicant()
    await _upload(browser, PDF)
    document = (await desk.document())["id"]
    await desk.submitted()
    page = await browser.get("/nachweise/c-1")
    answer = await browser.post("/nachweise/c-1", files=_removal(page, document))
    assert answer.status_code == 422


async def test_a_removed_draft_document_leaves_no_file_behind(desk: Desk, tmp_path: Path) -> None:
    browser = await desk.applicant()
    await _upload(browser, PDF)
    document = (await desk.document())["id"]
    answer = await browser.post("/nachweise/c-1", files=_removal(await browser.get("/nachweise/c-1"), document))
    assert answer.status_code == 303
    await desk.stand.settled()
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


async def test_erasure_removes_the_files_and_the_page_says_so(desk: Desk, tmp_path: Path) -> None:
    browser = await desk.applicant()
    await _upload(browser, PDF)
    document = (await desk.document())["id"]
    await desk.submitted()
    ordered = ErasureOrdered(reason="request", keys=["case/c-1"], certify_at=NOW)
    await desk.stand.happened("review", ordered, stream="review/erasure/c-1", case="c-1")
    await desk.stand.service.ports.keyring.destroy("case/c-1")
    await desk.stand.settled()
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    assert (await browser.get(f"/nachweise/c-1/{document}")).status_code == 410
    assert (await browser.get("/nachweise/c-1")).status_code == 200


def _removal(page: httpx.Response, document: str) -> list[Any]:
    return [(n, (None, v)) for n, v in {**_first_form(page), "entfernen": document}.items()]


async def test_an_upload_that_is_not_taken_leaves_no_file_behind(desk: Desk, tmp_path: Path) -> None:
    browser = await desk.applicant()
    await browser.get("/nachweise/c-1")
    await desk.stand.service.ports.keyring.create("case/c-1")
    await desk.stand.service.ports.keyring.destroy("case/c-1")
    assert (await _upload(browser, PDF)).status_code == 410
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


async def test_page_images_of_a_file_that_is_removed_while_they_are_drawn_are_deleted(
    desk: Desk, tmp_path: Path
) -> None:
    browser = await desk.applicant()
    await _upload(browser, PDF)
    entry, service = await desk.document(), desk.stand.service
    (stored, *_) = await service.ports.log.read(f"documents/document/{entry['id']}")
    record = parse(stored.record, stored.position)
    (reaction,) = page_images.of(record.meta)
    given: dict[str, Any] = {"id": "remove", "at": NOW, "actor": "party-1", "scope": System("test")}
    async for command in reaction.run(cast(Event, record.event), record.meta, service):
        if isinstance(command, RecordScan):  # it was read, and is not drawn yet
            await service.run(DeleteDocument(**given, case="c-1", document=entry["id"], submitted=False))
            await desk.stand.settled()
        await service.run(command.model_copy(update={"id": f"again {command.id}"}))
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []

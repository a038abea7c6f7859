"""People who hand in applications through the pages, cheap enough to run beside the server that they load.

The first application is filled in page by page, as people do (`visitor`); what was typed is kept and posted again for
the following ones without reading each page, which costs the server what people cost it and us little.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

import httpx

from aktenlauf.cli.journey import ANSWERS, SERVICE
from aktenlauf.cli.visitor import Page, Upload, VisitFailed, Visitor, controls
from aktenlauf.contracts.catalogue import catalogue

FILES = 12
LOOK_SECONDS = 0.02
VISIBLE_SECONDS_MAX = 30.0
_NUMBER = re.compile(rb"AL-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Script:
    """One complete application: what is posted, in order."""

    steps: Sequence[tuple[str, Mapping[str, Any]]]
    """(page, controls) of each page of questions."""
    declared: Mapping[str, str]
    uploads: Sequence[tuple[str, Upload]]
    """(evidence kind, file)."""


@dataclass
class Measured:
    """What the load found. Times in seconds."""

    submitted: int = 0
    visible_after: list[float] = field(default_factory=list)
    """From sending the form to being found in the worklist."""
    never_visible: int = 0


class Applicant(Visitor):
    """An applicant who knows the way. One application at a time."""

    async def prepare(self, user: str) -> None:
        """Sign in, and keep what every form needs."""
        page = await self.sign_in("", user)
        offer = await self.open(f"/antrag/neu/{SERVICE}")
        self._csrf = str(offer.form(f"/antrag/neu/{SERVICE}").fields["csrf"])
        self._origin = {"Origin": page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2]}
        self._bodies: dict[int, tuple[bytes, str]] = {}

    async def begin(self) -> str:
        """Begin a draft; its case."""
        answer = await self._post(f"/antrag/neu/{SERVICE}", {})
        case = answer.headers["location"].split("/")[2]
        await self.open(f"/antrag/{case}")  # gives the permission to upload
        return case

    async def write_script(self, case: str, files: Sequence[Upload]) -> Script:
        """Fill in this draft page by page, and note what was typed."""
        asked = {step.key: step for step in catalogue().services[SERVICE].steps()}
        page = await self.open(f"/antrag/{case}/{next(iter(asked))}")
        steps: dict[str, Mapping[str, Any]] = {}
        while step := asked.get(page.path.rsplit("/", 1)[-1]):
            if (filled := controls(page, ANSWERS, step.fields)) == steps.get(step.key):
                raise VisitFailed(f"{page.path} does not accept the answers: {page.heading}")
            steps[step.key] = filled  # a page that shows more questions after an answer is sent twice: the last counts
            page = await self.submit(page, filled, action=page.path)
        evidence = await self.open(f"/nachweise/{case}")
        kinds = dict.fromkeys(str(kind) for kind in evidence.tree.xpath("//button[@name='hochladen']/@value"))
        declared = {f.id: "yes" for f in catalogue().services[SERVICE].fields() if f.type == "declaration"}
        return Script(list(steps.items()), declared, list(zip(islice(cycle(kinds), len(files)), files, strict=True)))

    async def fill_in(self, case: str, script: Script) -> None:
        """Answer all questions and upload all files."""
        for step, filled in script.steps:
            await self._post(f"/antrag/{case}/{step}", filled)
        for number, (kind, upload) in enumerate(script.uploads):
            await self._post_body(f"/nachweise/{case}", *self._upload(number, kind, upload))

    async def send(self, case: str, script: Script) -> str:
        """Submit; the case number on the receipt."""
        await self._post(f"/antrag/{case}/pruefen", script.declared)
        receipt = await self.open(f"/antrag/{case}/eingang")
        return number_on(receipt)

    def _upload(self, number: int, kind: str, upload: Upload) -> tuple[bytes, str]:
        """Body and media type; made once, as nothing in it is a case's own."""
        if number not in self._bodies:
            boundary = secrets.token_hex(16)
            name, content, media_type = upload
            body = (
                _part(boundary, "csrf", self._csrf)
                + _part(boundary, "hochladen", kind)
                + _part(boundary, "file", content, f'; filename="{name}"\r\nContent-Type: {media_type}')
                + f"--{boundary}--\r\n".encode()
            )
            self._bodies[number] = (body, f"multipart/form-data; boundary={boundary}")
        return self._bodies[number]

    async def _post(self, path: str, values: Mapping[str, Any]) -> httpx.Response:
        body = urlencode({"csrf": self._csrf, **values}, doseq=True).encode()
        return await self._post_body(path, body, _FORM)

    async def _post_body(self, path: str, body: bytes, media_type: str) -> httpx.Response:
        headers = {**self._origin, "Content-Type": media_type}
        answer = await self._client.post(path, content=body, headers=headers, follow_redirects=False)
        if answer.status_code != 303:
            raise VisitFailed(f"POST {path}: {answer.status_code} instead of 303")
        return answer


class Caseworker(Visitor):
    """Looks for cases in the worklist of the own office by their number."""

    async def prepare(self, user: str) -> None:
        """Sign in."""
        await self.sign_in("/amt", user)
        form = (await self.open("/amt")).form("/amt/suche")
        self._csrf = str(form.fields["csrf"])
        base = str(self._client.base_url).rstrip("/")
        self._headers = {"Origin": base, "Content-Type": _FORM}

    async def finds(self, number: str) -> bool:
        """Whether the worklist has this case now."""
        body = urlencode({"csrf": self._csrf, "q": number}).encode()
        answer = await self._client.post("/amt/suche", content=body, headers=self._headers, follow_redirects=False)
        if answer.status_code not in (200, 303):
            raise VisitFailed(f"POST /amt/suche: {answer.status_code} instead of 303 or 200")
        return answer.status_code == 303  # to the case; what is not there is said on a page


async def hand_in(applicant: Applicant, caseworker: Caseworker, script: Script, measured: Measured) -> None:
    """One whole application, until the office sees it."""
    case = await applicant.begin()
    await applicant.fill_in(case, script)
    sent = time.perf_counter()
    number = await applicant.send(case, script)
    measured.submitted += 1
    while not await caseworker.finds(number):
        if time.perf_counter() - sent > VISIBLE_SECONDS_MAX:
            measured.never_visible += 1
            return
        await asyncio.sleep(LOOK_SECONDS)
    measured.visible_after.append(time.perf_counter() - sent)


def number_on(receipt: Page) -> str:
    """The case number that a receipt shows."""
    found = _NUMBER.search(receipt.content)  # without parsing: this runs on the cores that are measured
    if found is None:
        raise VisitFailed(f"{receipt.path} shows no case number")
    return found[0].decode()


def _part(boundary: str, name: str, content: str | bytes, more: str = "") -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"

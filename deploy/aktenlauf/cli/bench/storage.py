"""What one case leaves for good: bytes in the logs, in the views, and in the object store.

Whole cases, from the first click to the booked appointment, with as many files as people bring; then the folders are
read. Of MongoDB the same bytes are to be expected in the documents, beside its own for indexes and its compression.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import connect

from aktenlauf.cli.bench.load import FILES
from aktenlauf.cli.bench.process import RUN, served
from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.cli.bench.smoke import EMBEDDED
from aktenlauf.cli.bench.submit import FILE_BYTES, make_files
from aktenlauf.cli.installation import installed
from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.smoke import APPLICANT, APPROVER, CASEWORKER
from aktenlauf.cli.visitor import Upload, Visitor

PATIENCE_SECONDS = 60


async def measure(folder: Path, seconds: float, tell: Tell, files: int = FILES, file_bytes: int = FILE_BYTES) -> Result:
    """Cases one after the other for so long."""
    result, data, cases = Result("storage"), folder / "data", 0
    uploads = make_files(files, file_bytes)
    async with served(data, RUN, EMBEDDED):
        pass
    empty = _sizes(data)
    async with served(data, RUN, EMBEDDED) as server:
        people = Visitor(server.url), Visitor(server.url), Visitor(server.url)
        for visitor, who in zip(people, (("", APPLICANT), ("/amt", CASEWORKER), ("/amt", APPROVER)), strict=True):
            await visitor.sign_in(*who)
        began = time.perf_counter()
        while not cases or time.perf_counter() - began < seconds:
            tell((time.perf_counter() - began) / seconds, f"{cases} cases")
            await _whole(Journey(*people, ANSWERS, PATIENCE_SECONDS), uploads)
            cases += 1
        for visitor in people:
            await visitor.close()
    _report(result, data, empty, cases)
    result.settings = {"cases": cases, "files": files, "file_bytes": file_bytes}
    return result


async def _whole(j: Journey, uploads: Sequence[Upload]) -> None:
    """A case with one question about evidence, until the appointment is booked."""
    await j.begin()
    await j.answer_questions()
    evidence = await j.applicant.open(f"/nachweise/{j.case}")
    kinds = list(dict.fromkeys(str(kind) for kind in evidence.tree.xpath("//button[@name='hochladen']/@value")))
    asked, *given = kinds
    for number, file in enumerate(uploads[:-1]):
        await j.upload({given[number % len(given)]: file})
    await j.submit()
    await j.receipt_pdf()
    await j.in_worklist()
    await j.take()
    await j.look_at_documents()
    await j.request_evidence([asked])
    await j.message("reichen")
    await j.supplement(asked, uploads[-1])
    await j.supplement_arrived()
    await j.accept_evidence()
    await j.propose()
    await j.decide_proposal()
    await j.notice_pdf()
    await j.choose_slot()
    await j.messages_exchanged()


def _report(result: Result, data: Path, empty: Mapping[str, int], cases: int) -> None:
    for service in installed():
        own, heard, events = _log(data / service / "log.db", service)
        result.add(f"{service}_own_events", events / cases, "per case")
        result.add(f"{service}_log_own", own / cases, "bytes per case")
        result.add(f"{service}_log_heard", heard / cases, "bytes per case")
    for name, size in _sizes(data).items():
        result.add(f"{name}_file", (size - empty[name]) / cases, "bytes per case")
    blobs = [path.stat().st_size for path in (data / "blobs").rglob("*") if path.is_file()]
    result.add("blobs", sum(blobs) / cases, "bytes per case")
    result.add("blob_objects", len(blobs) / cases, "per case")
    result.series = {"blob_bytes": sorted(blobs, reverse=True)}


def _sizes(data: Path) -> dict[str, int]:
    """Of the files that grow with the cases, indexes included."""
    names = [(service, part) for service in installed() for part in ("log", "views")]
    return {f"{service}_{part}": (data / service / f"{part}.db").stat().st_size for service, part in names}


def _log(path: Path, service: str) -> tuple[int, int, int]:
    """Bytes of own records and of heard ones, and how many own ones there are."""
    query = "SELECT stream LIKE ? || '/%' AS own, sum(length(record)), count(*) FROM events GROUP BY own"
    database = connect(path)
    try:
        found = {own: (size, count) for own, size, count in database.execute(query, (service,))}
    finally:
        database.close()
    return found.get(1, (0, 0))[0], found.get(0, (0, 0))[0], found.get(1, (0, 0))[1]

import zlib
from collections.abc import AsyncIterator

import pytest

from aktenlauf.kit.adapters.structure_scanner import StructureScanner, findings
from aktenlauf.kit.scanner import ScannerUnavailable
from aktenlauf.kit.testing.files import eicar, encrypted_pdf, jpeg, pdf
from aktenlauf.kit.testing.scanner_suite import ScannerSuite, stream
from aktenlauf.kit.workers import Workers


@pytest.fixture
async def scanner() -> AsyncIterator[StructureScanner]:
    async with Workers(size=1) as workers:
        yield StructureScanner(workers, bytes_max=1_000_000)


class TestStructureScanner(ScannerSuite):
    pass


async def test_it_says_that_no_real_scanner_is_configured(scanner: StructureScanner) -> None:
    assert (await scanner.scan(stream([pdf()]))).scanner == "structure-only"


async def test_a_file_beyond_its_limit_gets_no_verdict(scanner: StructureScanner) -> None:
    with pytest.raises(ScannerUnavailable):
        await scanner.scan(stream([b"x" * 600_000] * 2))


async def test_a_file_over_which_workers_fail_again_and_again_is_not_tried_for_ever() -> None:
    """It would hold back all files behind it."""
    async with Workers(size=1, job_seconds=0.001) as workers:
        assert (await StructureScanner(workers).scan(stream([pdf()]))).marks == ("pdf-inflates-beyond-limit",)


async def test_millions_of_names_in_a_file_are_looked_at_and_not_kept() -> None:
    letters = [bytes([a, b, c, d]) for a in range(65, 91) for b in range(65, 91) for c in range(65, 91) for d in b"AB"]
    objects = zlib.compress(b"/" + b"/X".join(letters) * 60 + b"/JavaScript")
    stream_object = b"<< /Type /ObjStm /Length %d >> stream\n%s\nendstream" % (len(objects), objects)
    async with Workers(size=1, memory_bytes=256 << 20) as workers:
        verdict = await StructureScanner(workers).scan(stream([pdf(), stream_object]))
    assert verdict.marks == ("pdf-javascript",)


@pytest.mark.parametrize(
    ("catalog", "mark"),
    [
        (b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", "pdf-javascript"),
        (b"/OpenAction << /S /Java#53cript /JS (1) >>", "pdf-javascript"),
        (b"/OpenAction << /S /Launch /F (cmd.exe) >>", "pdf-launch"),
        (b"/Names << /EmbeddedFiles << >> >> /Type2 /EmbeddedFile", "pdf-embedded-file"),
        (b"/AcroForm << /XFA [] >>", "pdf-xfa"),
        (b"/Annot << /Subtype /RichMedia >>", "pdf-rich-media"),
    ],
)
def test_active_content_of_a_pdf_is_marked(catalog: bytes, mark: str) -> None:
    assert findings(pdf(catalog=catalog)) == ((), (mark,))


def test_active_content_in_a_compressed_object_stream_is_marked() -> None:
    hidden = zlib.compress(b"9 0 << /S /Launch /F (cmd.exe) >>")
    stream_object = b"9 0 obj << /Type /#4fbjStm /Filter /FlateDecode >>\nstream\r\n" + hidden + b"\nendstream endobj"
    assert findings(pdf() + stream_object) == ((), ("pdf-launch",))


def test_an_object_stream_that_inflates_without_end_is_marked() -> None:
    bomb = zlib.compress(b" " * 70_000_000)
    stream_object = b"9 0 obj << /Type /ObjStm >>\nstream\n" + bomb + b"\nendstream endobj"
    assert findings(pdf() + stream_object) == ((), ("pdf-inflates-beyond-limit",))


def test_content_that_cannot_be_looked_into_is_marked() -> None:
    assert findings(encrypted_pdf(password="")) == ((), ("pdf-encrypted",))


@pytest.mark.parametrize("data", [pdf(), pdf(2, size_bytes=300_000), jpeg(), b"/JavaScript /Launch in a plain text"])
def test_ordinary_files_carry_no_mark(data: bytes) -> None:
    assert findings(data) == ((), ())


def test_eicar_is_found_inside_another_file() -> None:
    assert findings(jpeg() + eicar()) == (("eicar-test-file",), ())


def test_a_file_in_which_streams_begin_and_none_ends_is_not_looked_at_for_ever() -> None:
    data = b"%PDF-1.7" + b"/ObjStm stream " * 200_000
    assert findings(data) == ((), ("pdf-inflates-beyond-limit",))

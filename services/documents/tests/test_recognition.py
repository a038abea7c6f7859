import zipfile
from io import BytesIO

import pytest

from aktenlauf.documents.recognition import (
    FILE_BYTES_MAX,
    HEIC,
    JPEG,
    PDF,
    PNG,
    Recognised,
    Refusal,
    Refused,
    recognise,
    refuse_size,
)
from aktenlauf.kit.testing.files import heic, jpeg, pdf, png


def word_document() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr("word/document.xml", "<document/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "names", "recognised"),
    [
        (pdf(), ["Pass.pdf", "PASS.PDF", "Pass", ".pdf"], Recognised(PDF, "pdf")),
        (b"\xef\xbb\xbf\r\n" + pdf(), ["Pass.pdf"], Recognised(PDF, "pdf")),
        (jpeg(40, 30), ["Foto.jpg", "Foto.JPEG", "Foto.jfif"], Recognised(JPEG, "jpg")),
        (png(40, 30), ["Bild.png", "Bild"], Recognised(PNG, "png")),
        (heic(), ["IMG_0001.HEIC", "IMG_0001.heif"], Recognised(HEIC, "heic")),
    ],
)
def test_allowed_types_are_recognised_by_content(head: bytes, names: list[str], recognised: Recognised) -> None:
    assert [recognise(head, name) for name in names] == [recognised] * len(names)


@pytest.mark.parametrize("name", ["Bescheid vom 12.03.2026", "Pass.Mustermann", "scan.", "..", "جواز سفر"])
def test_a_name_whose_last_part_is_no_format_contradicts_nothing(name: str) -> None:
    assert recognise(pdf(), name) == Recognised(PDF, "pdf")


@pytest.mark.parametrize("name", ["Pass.jpg", "Pass.docx", "Pass.html", "Pass.exe", "Pass.pdf.zip"])
def test_a_name_that_claims_another_format_is_refused(name: str) -> None:
    assert recognise(pdf(), name) == Refused(Refusal.NOT_WHAT_IT_SAYS, seems="pdf")


@pytest.mark.parametrize(
    ("head", "name", "refused"),
    [
        (b"MZ" + bytes(100), "Pass.pdf", Refused(Refusal.NOT_WHAT_IT_SAYS, seems="exe")),
        (b"%!PS-Adobe", "Foto.jpg", Refused(Refusal.NOT_WHAT_IT_SAYS, seems="eps")),
        (b"no format at all", "Pass.pdf", Refused(Refusal.NOT_WHAT_IT_SAYS)),
        (word_document(), "Lebenslauf.docx", Refused(Refusal.TYPE_NOT_ALLOWED, seems="docx")),
        (b"GIF89a" + bytes(20), "Bild.gif", Refused(Refusal.TYPE_NOT_ALLOWED, seems="gif")),
        (b"just a text", "notiz.txt", Refused(Refusal.TYPE_NOT_ALLOWED)),
        (
            b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf",
            "Bild.avif",
            Refused(Refusal.TYPE_NOT_ALLOWED, seems="avif"),
        ),
        (b"<html>%PDF-1.7", "Pass", Refused(Refusal.TYPE_NOT_ALLOWED, seems="html")),
        (b"", "Pass.pdf", Refused(Refusal.EMPTY)),
    ],
)
def test_everything_else_is_refused_and_named_as_far_as_it_can_be(head: bytes, name: str, refused: Refused) -> None:
    assert recognise(head, name) == refused


@pytest.mark.parametrize(
    ("size_bytes", "refusal"),
    [(0, Refusal.EMPTY), (1, None), (FILE_BYTES_MAX, None), (FILE_BYTES_MAX + 1, Refusal.TOO_LARGE)],
)
def test_files_are_between_one_byte_and_the_limit(size_bytes: int, refusal: Refusal | None) -> None:
    assert refuse_size(size_bytes) == refusal


def test_the_limit_of_a_file_is_a_parameter() -> None:
    assert refuse_size(11, limit_bytes=10) == Refusal.TOO_LARGE

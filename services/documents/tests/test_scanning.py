import pytest

from aktenlauf.documents.recognition import Refusal
from aktenlauf.documents.scanning import is_real_scanner, judge
from aktenlauf.kit.adapters.structure_scanner import SCANNER, findings
from aktenlauf.kit.scanner import Verdict
from aktenlauf.kit.testing.files import eicar, encrypted_pdf, pdf


def verdict_on(data: bytes) -> Verdict:
    return Verdict(SCANNER, *findings(data))


@pytest.mark.parametrize("data", [eicar(), pdf() + eicar(), pdf(catalog=b"/OpenAction << /S /Launch /F (a.exe) >>")])
def test_malware_and_documents_that_start_programs_are_refused(data: bytes) -> None:
    assert judge(verdict_on(data)) == Refusal.MALWARE


@pytest.mark.parametrize(
    "data",
    [
        pdf(),
        pdf(catalog=b"/OpenAction << /S /JavaScript /JS (1) >>"),
        pdf(catalog=b"/AcroForm << /XFA [] >>"),
        pdf(catalog=b"/A << /Type /EmbeddedFile >>"),
        encrypted_pdf(password=""),
    ],
)
def test_forms_attachments_and_copy_protection_are_taken_and_only_marked(data: bytes) -> None:
    assert judge(verdict_on(data)) is None


def test_the_embedded_scanner_does_not_pass_for_a_virus_scanner() -> None:
    assert not is_real_scanner(verdict_on(pdf()))
    assert is_real_scanner(Verdict("clamav 1.4.3/27500"))

"""Fictional messages, one complete example of each type, and the official schemas if there are any."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import UUID

import pytest

from aktenlauf.xoev_gateway.xauslaender import (
    Address,
    Answer,
    Application,
    Appointment,
    AppointmentSlot,
    Attachment,
    Authority,
    Birth,
    Contact,
    Document,
    Evidence,
    Header,
    MaritalStatus,
    Message,
    PartialDate,
    Passport,
    Person,
    PostBox,
    Product,
    Question,
    ResidenceDocument,
    Schemas,
    Status,
    Withdrawal,
)

PDF = Document(b"%PDF-1.7\n%%EOF\n", "application/pdf")
OFFICE = Authority(
    "azr:999999",
    "Ausländerbehörde Musterstadt",
    Address("Rathausplatz", "12345", "Musterstadt", house_number="1", house_number_suffix="a"),
    (Contact("01", "abh@musterstadt.example", "nur für Rückfragen"),),
)
PORTAL = Authority("alp:99999999", "Antragsportal Musterland", PostBox("12345", "Musterstadt", "1001"), OFFICE.contacts)
TO_PORTAL = Header(
    message_id=UUID("11111111-2222-4333-8444-000000000001"),
    created=datetime(2026, 11, 3, 8, 15, 0, 123000, tzinfo=UTC),
    reader=PORTAL,
    author=OFFICE,
    application_id="MUSTER-2026-000001",
    trigger=UUID("11111111-2222-4333-8444-000000000002"),
    test="Beispiel",
)
TO_OFFICE = replace(TO_PORTAL, reader=OFFICE, author=PORTAL, return_channel=True, trigger=None)
PERSON = Person(
    given_names="Ana Lúcia",
    family_name="Musterová",
    sex="w",
    birth=Birth("São Paulo", PartialDate(1995, 4), "327", "Sé"),
    marital_status=MaritalStatus("VH", separated=True, since=PartialDate(2020)),
    nationalities=("327", "153"),
    other_names=("Musterowa",),
    height_cm=168,
    address=Address("Musterstraße", "12345", "Musterstadt", "12", "b", "2. Teil", "3.OG", "Alt", "Beispiel", "HH"),
    contacts=(Contact("03", "+49 170 0000000"),),
    residence_document=ResidenceDocument((PDF,)),
    passport=Passport((PDF, Document(b"\xff\xd8\xff", "image/jpeg")), date(2020, 1, 1), date(2030, 1, 1), "X00"),
)
EVIDENCE = Evidence(PDF.content, PDF.media_type, name="immatrikulation.pdf", label="Immatrikulation")

EXAMPLES: dict[str, Message] = {
    "130101": Application(
        header=TO_OFFICE,
        filed_on=date(2026, 11, 3),
        reason="02",
        purpose="02",
        person=PERSON,
        first_entry=date(2022, 9, 1),
        condition_change="Nebentätigkeit",
        summary=Attachment(PDF.content, PDF.media_type, name="antrag.pdf"),
        evidence=(EVIDENCE,),
        remark="Bitte um Rückruf.",
        linked=("MUSTER-2026-000002",),
    ),
    "130102": Question(TO_PORTAL, "Bitte reichen Sie den Nachweis nach.", date(2026, 11, 30), PDF),
    "130103": Answer(
        replace(TO_PORTAL, reader=OFFICE, author=PORTAL, return_channel=False),
        (Attachment(PDF.content, PDF.media_type, name="nachweis.pdf"),),
        "Der Nachweis liegt bei.",
    ),
    "130104": Status(TO_PORTAL, "05", PDF),
    "130105": Appointment(
        TO_PORTAL,
        AppointmentSlot(
            date(2026, 12, 1),
            time(10, 30),
            Address("Rathausplatz", "12345", "Musterstadt"),
            time(10, 45),
            "Raum 1",
        ),
        PDF,
        "https://termin.musterstadt.example/",
        PDF,
        "Bitte bringen Sie Ihren Pass mit.",
    ),
    "130111": Withdrawal(TO_OFFICE),
}


@pytest.fixture(scope="session")
def product() -> Product:
    return Product("Aktenlauf", "Musterhersteller", "0.1.0")


@pytest.fixture(scope="session")
def examples() -> dict[str, Message]:
    return EXAMPLES


@pytest.fixture(params=sorted(EXAMPLES))
def message(request: pytest.FixtureRequest) -> Message:
    """One complete example of each type."""
    return EXAMPLES[request.param]


@pytest.fixture(scope="session")
def schema_folder() -> Path:
    folder = os.environ.get("XOEV_SCHEMA_DIR")
    if not folder:
        pytest.skip("XOEV_SCHEMA_DIR is not set: NOTHING WAS CHECKED against the official schemas")
    return Path(folder)


@pytest.fixture(scope="session")
def schemas(schema_folder: Path) -> Schemas:
    return Schemas.load(schema_folder)

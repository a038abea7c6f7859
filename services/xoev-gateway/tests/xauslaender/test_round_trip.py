"""What we write, we read again, and the official schema accepts it: for any message in DIN 91379 letters."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

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
    codes,
    read,
    write,
)
from aktenlauf.xoev_gateway.xauslaender.din91379 import COMBINED, SINGLES
from aktenlauf.xoev_gateway.xauslaender.write_parts import ADDRESS_LETTERS

pytestmark = pytest.mark.long

characters = st.sampled_from(sorted(SINGLES)) | st.sampled_from(sorted(COMBINED))
texts = st.lists(characters, min_size=1, max_size=12).map("".join).filter(str.strip)
suffixes = st.text(st.sampled_from([*ADDRESS_LETTERS, *"0123456789"]), min_size=1, max_size=4)
days = st.dates()
# Fixed offsets only: Python calls equal instants unequal in the ambiguous hour of a named zone (PEP 495).
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)
media_types = st.sampled_from(sorted(codes.MEDIA_TYPES))
contents = st.binary(min_size=1, max_size=40)
documents = st.builds(Document, contents, media_types)
attachments = st.builds(Attachment, contents, media_types, name=st.none() | texts)
evidence = st.builds(Evidence, contents, media_types, name=st.none() | texts, label=texts)


def optional(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


def some(strategy: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def coded(codes_: codes.CodeList) -> st.SearchStrategy:
    return st.sampled_from(sorted(codes_.labels))


addresses = st.builds(
    Address,
    texts,
    st.from_regex(r"[0-9]{5}", fullmatch=True),
    texts,
    optional(st.from_regex(r"[0-9]{1,4}", fullmatch=True)),
    optional(suffixes),
    optional(texts),
    optional(suffixes),
    optional(texts),
    optional(texts),
    optional(texts),
)
boxes = st.builds(PostBox, st.just("12345"), texts, optional(texts))
contacts = st.builds(Contact, coded(codes.CHANNEL), texts, optional(texts))
ids = st.from_regex(r"(azr|alp):[0-9]{6,8}", fullmatch=True)
readers = st.builds(Authority, ids, texts, optional(addresses | boxes), some(contacts))
authors = st.builds(Authority, ids, texts, addresses | boxes, some(contacts, least=1))


def headers(return_channel: bool, trigger: bool) -> st.SearchStrategy[Header]:
    return st.builds(
        Header,
        st.uuids(),
        instants.map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)),
        readers,
        authors,
        texts,
        st.booleans() if return_channel else st.none(),
        st.uuids() if trigger else st.none(),
        optional(texts),
    )


def partial(day: date, known: int) -> PartialDate:
    return PartialDate(*(day.year, day.month, day.day)[:known])


partial_dates = st.builds(partial, days, st.integers(1, 3))
held = st.builds(ResidenceDocument, some(documents, least=1)) | st.builds(
    ResidenceDocument, st.just(()), optional(texts)
)
persons = st.builds(
    Person,
    optional(texts),
    optional(texts),
    optional(coded(codes.SEX)),
    st.builds(Birth, optional(texts), optional(partial_dates), optional(coded(codes.NATIONALITY)), optional(texts)),
    st.builds(MaritalStatus, coded(codes.MARITAL_STATUS), st.booleans(), optional(partial_dates)),
    some(coded(codes.NATIONALITY), least=1, most=4),
    some(texts),
    optional(st.integers(1, 999)),
    optional(addresses),
    some(contacts),
    optional(held),
    optional(st.builds(Passport, some(documents, least=1), days, days, texts)),
)
slots = st.builds(AppointmentSlot, days, st.times(), addresses, optional(st.times()), optional(texts))
messages: dict[type[Message], st.SearchStrategy[Message]] = {
    Application: st.builds(
        Application,
        headers(return_channel=True, trigger=False),
        days,
        coded(codes.REASON),
        coded(codes.PURPOSE),
        persons,
        optional(days),
        optional(texts),
        optional(attachments),
        some(evidence),
        optional(texts),
        some(texts),
    ),
    Question: st.builds(Question, headers(False, True), texts, optional(days), optional(documents)),
    Answer: st.builds(Answer, headers(True, True), some(attachments), optional(texts)),
    Status: st.builds(Status, headers(False, True), coded(codes.STATUS), optional(documents)),
    Appointment: st.builds(
        Appointment,
        headers(False, True),
        optional(slots),
        optional(documents),
        optional(texts),
        optional(documents),
        optional(texts),
    ),
    Withdrawal: st.builds(Withdrawal, headers(True, False)),
}
relaxed = settings(
    phases=set(Phase) - {Phase.explain},  # explaining a failure of messages this large takes minutes
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
kinds = pytest.mark.parametrize("kind", messages, ids=lambda kind: kind.__name__)


@kinds
@relaxed
@given(data=st.data())
def test_every_message_reads_back_as_it_was_written(kind: type[Message], data: st.DataObject, product: Product):
    message = data.draw(messages[kind])
    assert read(write(message, product)) == message


@kinds
@relaxed
@given(data=st.data())
def test_every_written_message_is_valid__xauslaender_26_11(
    kind: type[Message], data: st.DataObject, product: Product, schemas: Schemas
):
    assert schemas.check(write(data.draw(messages[kind]), product)) == []


def test_complete_examples_are_valid_and_read_back(message: Message, product: Product, schemas: Schemas):
    written = write(message, product)
    assert schemas.check(written) == []
    assert read(written) == message


def test_every_letter_allowed_in_house_numbers_is_allowed_by_the_schema(examples, product: Product, schemas: Schemas):
    application = examples["130101"]
    for letter in ADDRESS_LETTERS:
        address = Address("Weg", "12345", "Ort", house_number_suffix=letter, flat=letter)
        lettered = replace(application, person=replace(application.person, address=address))
        assert schemas.check(write(lettered, product)) == [], ascii(letter)


def test_official_samples_read_and_write_back_valid(schema_folder, schemas: Schemas, product: Product):
    samples = sorted(schema_folder.rglob("OZG.*.1301*.xml"))
    assert samples, "the schema folder holds no sample messages"
    for sample in samples:
        data = sample.read_bytes()
        assert schemas.check(data) == []
        message = read(data)
        assert message.header.unmapped == ()
        again = write(message, product)
        assert schemas.check(again) == []
        assert read(again) == message


def test_creation_time_is_cut_to_milliseconds__basisnachricht_g2g_1_1(examples, product: Product):
    message = examples["130111"]
    finer = replace(message, header=replace(message.header, created=datetime(2026, 1, 2, 3, 4, 5, 678999, tzinfo=UTC)))
    assert read(write(finer, product)).header.created == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.mark.parametrize(("fold", "hour"), [(0, 0), (1, 1)])
def test_the_hour_that_occurs_twice_in_autumn_keeps_its_instant(examples, product: Product, fold: int, hour: int):
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)
    message = replace(examples["130111"], header=replace(examples["130111"].header, created=twice))
    assert read(write(message, product)).header.created == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_appointment_times_with_an_offset_become_the_german_clock(examples, product: Product):
    written = write(examples["130105"], product).replace(b"10:30:00<", b"23:30:00Z<")
    slot = read(written).slot
    assert (slot.day, slot.start) == (date(2026, 12, 2), time(0, 30))


def test_message_ids_are_unchanged_when_sent_in_capitals(examples, product: Product):
    upper = write(examples["130104"], product).replace(b"11111111-2222", b"AAAAAAAA-BBBB")
    assert read(upper).header.trigger == UUID("aaaaaaaa-bbbb-4333-8444-000000000002")


def test_parts_of_a_foreign_message_that_we_do_not_hold_are_named(examples, product: Product, schemas: Schemas):
    trust = (
        "<xauslaender:vertrauensniveau><xauslaender:vorname>true</xauslaender:vorname>"
        "<xauslaender:familienname>true</xauslaender:familienname></xauslaender:vertrauensniveau>"
        "</xauslaender:angabenZurPerson>"
    )
    text = write(examples["130101"], product).decode()
    more = text.replace("</xauslaender:angabenZurPerson>", trust).encode()
    assert schemas.check(more) == []
    message = read(more)
    assert message.header.unmapped == ("/OZG.Antrag.130101/angabenZurPerson/vertrauensniveau",)
    assert message.person == examples["130101"].person

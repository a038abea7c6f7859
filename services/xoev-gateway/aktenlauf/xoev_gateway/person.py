"""The applicant as XAusländer describes a person (OZG.Person), from the answers. Pure.

Left out: the colour of the eyes (code list augenfarbe is not published with the standard), and the vertretung: both
stand in the remark. Source: XAusländer 26.11, OZG.Person; XInneres Meldeanschrift 5.
"""

import re
from collections.abc import Sequence
from datetime import date

from aktenlauf.xoev_gateway.answers import Answers
from aktenlauf.xoev_gateway.papers import Paper
from aktenlauf.xoev_gateway.xauslaender import (
    Address,
    Birth,
    Contact,
    Document,
    MaritalStatus,
    PartialDate,
    Passport,
    Person,
    ResidenceDocument,
)
from aktenlauf.xoev_gateway.xauslaender.write_parts import ADDRESS_LETTERS, NATIONALITIES_MAX

IN_PERSON = frozenset(
    {
        "person.family_name", "person.given_names", "person.has_other_names", "person.birth_date",
        "person.birth_place", "person.birth_country", "person.nationality", "person.has_other_nationalities",
        "person.other_nationalities", "person.sex", "person.height", "person.marital_status",
        "person.marital_status_since", "contact.address", "contact.email", "contact.phone",
    }
)  # fmt: skip
"""Answers that `person_of` says completely. Other names are not: what kind of name each is has no element."""
IN_PASSPORT = frozenset({"passport.state", "passport.number", "passport.issued_on", "passport.valid_until"})
"""Answers that `passport_of` says."""
EMAIL, LANDLINE, MOBILE, WEB = "01", "02", "03", "09"

_HOUSE_NUMBER = re.compile(r"([0-9]{1,4})\s*(.*)", re.DOTALL)
_SUFFIX = re.compile(f"[{ADDRESS_LETTERS}0-9./ ]{{1,4}}")
_GERMAN_MOBILE = re.compile(r"(\+49|0049|0)1[567]")
_GERMAN_TITLES = frozenset({"title", "national-visa"})


def person_of(answers: Answers, papers: Sequence[Paper]) -> Person:
    """`papers`: those of kinds `passport` and `residence_title` become the pages of these two documents."""
    return Person(
        given_names=answers.get("person.given_names"),
        family_name=answers.get("person.family_name"),
        sex=answers.get("person.sex"),
        birth=Birth(
            place=answers.get("person.birth_place"),
            day=_partial(answers.get("person.birth_date")),
            country=answers.get("person.birth_country"),
        ),
        marital_status=MaritalStatus(
            answers.get("person.marital_status", "NB"), since=_partial(answers.get("person.marital_status_since"))
        ),
        nationalities=_nationalities(answers),
        other_names=tuple(item["name"] for item in answers.get("person.other_names", [])),
        height_cm=answers.get("person.height"),
        address=_address(answers.get("contact.address")),
        contacts=_contacts(answers),
        residence_document=_residence_document(answers, papers),
        passport=passport_of(answers, papers),
    )


def passport_of(answers: Answers, papers: Sequence[Paper]) -> Passport | None:
    """None where there is no valid passport or no page of it: the standard demands one, so the rest is remarked."""
    given = [answers.get(f"passport.{part}") for part in ("issued_on", "valid_until", "number")]
    pages = _pages(papers, "passport")
    if answers.get("passport.state") != "valid" or not pages or not all(given):
        return None
    issued_on, valid_until, number = map(str, given)
    return Passport(pages, date.fromisoformat(issued_on), date.fromisoformat(valid_until), number)


def address_of(street: str, house_number: str, postcode: str, place: str, addition: str | None = None) -> Address:
    """`12 a` is number 12 with suffix a; what no suffix may hold (`12 ½`) is the part of the number."""
    match = _HOUSE_NUMBER.fullmatch(house_number.strip())
    number, rest = match.groups() if match else (None, house_number.strip())
    fits = bool(_SUFFIX.fullmatch(rest))
    return Address(
        street=street,
        postcode=postcode,
        place=place,
        house_number=number,
        house_number_suffix=rest if fits else None,
        house_number_part=rest if rest and not fits else None,
        addition=addition,
    )


def _address(given: Answers | None) -> Address | None:
    if not given:
        return None
    return address_of(given["street"], given["house_number"], given["postcode"], given["city"], given.get("supplement"))


def _nationalities(answers: Answers) -> tuple[str, ...]:
    others = [item["nationality"] for item in answers.get("person.other_nationalities", [])]
    return tuple(dict.fromkeys([answers["person.nationality"], *others]))[:NATIONALITIES_MAX]


def _contacts(answers: Answers) -> tuple[Contact, ...]:
    email, phone = answers.get("contact.email"), answers.get("contact.phone")
    found = [Contact(EMAIL, email)] if email else []
    if phone:
        mobile = _GERMAN_MOBILE.match(re.sub(r"[ ()/.-]", "", phone))
        found.append(Contact(MOBILE if mobile else LANDLINE, phone))
    return tuple(found)


def _residence_document(answers: Answers, papers: Sequence[Paper]) -> ResidenceDocument | None:
    """Its pages; without any, "a German one is at hand" where only a German authority can have issued it."""
    if pages := _pages(papers, "residence_title"):
        return ResidenceDocument(pages)
    return ResidenceDocument() if answers.get("residence.title") in _GERMAN_TITLES else None


def _pages(papers: Sequence[Paper], kind: str) -> tuple[Document, ...]:
    return tuple(Document(paper.content, paper.media_type) for paper in papers if paper.kind == kind)


def _partial(value: str | None) -> PartialDate | None:
    return PartialDate(*map(int, value.split("-"))) if value else None

"""Finding an application: what is offered is reachable, and the notes follow § 81 AufenthG."""

import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.intake.subjects import SUBJECTS, Expires, Holds, Situation, advise, offered, subject_of

OFFERS = list(catalogue().services.values())
STUDY = subject_of("studium")
WORK = subject_of("arbeiten")


def test_whatever_can_be_applied_for_stands_in_exactly_one_subject() -> None:
    for service in OFFERS:
        assert len([subject for subject in SUBJECTS if service in offered(subject, OFFERS)]) == 1, service.key


def test_an_application_of_another_kind_is_near_but_does_not_fit() -> None:
    assert STUDY
    fits = advise(Situation(STUDY, "extension", "title", "later"), OFFERS)
    assert "study_extension" in [service.key for service in fits.fits]
    other = advise(Situation(STUDY, "change", "title", "later"), OFFERS)
    assert "study_extension" not in [service.key for service in other.fits]
    assert "study_extension" in [service.key for service in other.near]


@pytest.mark.parametrize(
    ("holds", "expires", "notes"),
    [
        ("title", "later", ()),
        ("title", "soon", ("apply-in-time",)),
        ("national-visa", "soon", ("apply-in-time",)),
        ("title", "over", ("apply-at-once",)),
        ("schengen-visa", "soon", ("schengen",)),
        ("schengen-visa", "later", ("schengen",)),
        ("schengen-visa", "over", ("apply-at-once",)),
        ("none", "never", ("without-title",)),
        ("none", "over", ("without-title",)),
        ("title", "never", ()),
    ],
)
def test_the_notes_follow_what_somebody_holds_and_until_when__aufenthg_81(
    holds: Holds, expires: Expires, notes: tuple[str, ...]
) -> None:
    assert WORK
    assert advise(Situation(WORK, "extension", holds, expires), OFFERS).notes == notes

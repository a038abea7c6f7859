"""Drafts over the real port: round trip, two windows, strangers, expiry."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.errors import Code
from aktenlauf.intake import drafts, submission
from aktenlauf.intake.domain import DiscardDraft
from aktenlauf.intake.drafts import DRAFTS_MAX, KEPT, TYPED_MAX_CHARACTERS, Shown, StepChanged
from aktenlauf.kit.errors import NotFound, Refused
from aktenlauf.kit.keyring import case_key, is_erased
from aktenlauf.kit.scope import System

from .conftest import NOW

STEP = catalogue().services["study_extension"].step("person_name")
OTHER = catalogue().services["study_extension"].step("contact_reach")
NAME = {"person.family_name": ["Haddad"], "person.has_other_names": ["no"]}


async def begin(intake, party="p1"):
    return await drafts.start(intake.service, party, "study_extension", "de", intake.clock())


async def save(intake, draft, form, *, step=STEP, seen=None, window="w1", checked=True):
    return await drafts.save_step(
        intake.service, draft.case, draft.party, step, form,
        shown=Shown(draft.version if seen is None else seen, window), checked=checked, locale="de", at=intake.clock(),
    )  # fmt: skip


async def test_answers_come_back_as_they_were_saved_and_lie_sealed(intake):
    draft = await begin(intake)
    await save(intake, draft, NAME)
    again = await drafts.load(intake.service, draft.case, "p1")
    assert again.content.answers == {"person.family_name": "Haddad", "person.has_other_names": False}
    assert again.version == 2
    stored = await intake.service.ports.drafts.load(draft.case)
    assert "Haddad" not in stored.sealed


async def test_what_is_no_answer_is_kept_as_typed_and_takes_the_place_of_an_older_answer(intake):
    draft = await begin(intake)
    first = await save(intake, draft, {"contact.email": ["a@b.example"]}, step=OTHER)
    second = await save(intake, first.draft, {"contact.email": ["a@b"]}, step=OTHER)
    assert "contact.email" not in second.draft.content.answers
    assert drafts.controls(second.draft.content, OTHER)["contact.email"] == ["a@b"]
    today = intake.clock().date()
    assert ("contact_reach", "contact.email") in {(g.step, g.error.field) for g in drafts.gaps(second.draft, today)}


async def test_an_optional_answer_that_cannot_be_read_holds_the_submission(intake):
    draft = await begin(intake)
    form = {"contact.email": ["a@b.example"], "contact.phone": ["call me"]}
    saved = await save(intake, draft, form, step=OTHER)
    wrong = {(gap.step, gap.error.field, gap.error.code) for gap in drafts.gaps(saved.draft, intake.clock().date())}
    assert ("contact_reach", "contact.phone", "phone") in wrong
    assert {s.step.key: s.state for s in drafts.steps(saved.draft, intake.clock().date())}["contact_reach"] == "started"


async def test_two_windows_on_one_page_the_later_one_is_told_and_nothing_is_overwritten(intake):
    draft = await begin(intake)
    await save(intake, draft, NAME, window="w1")
    with pytest.raises(StepChanged) as told:
        await save(intake, draft, {**NAME, "person.family_name": ["Nowak"]}, window="w2")
    assert told.value.draft.content.answers["person.family_name"] == "Haddad"
    assert told.value.read.changes["person.family_name"] == "Nowak"
    again = await save(intake, draft, {**NAME, "person.family_name": ["Nowak"]}, seen=2, window="w3")
    assert again.draft.content.answers["person.family_name"] == "Nowak"


async def test_two_windows_on_different_pages_do_not_disturb_each_other(intake):
    draft = await begin(intake)
    await save(intake, draft, NAME, window="w1")
    saved = await save(intake, draft, {"contact.email": ["a@b.example"]}, step=OTHER, window="w2")
    assert saved.draft.content.answers["person.family_name"] == "Haddad"
    assert saved.draft.content.answers["contact.email"] == "a@b.example"


async def test_two_windows_that_say_the_same_do_not_disturb_each_other(intake):
    draft = await begin(intake)
    await save(intake, draft, NAME, window="w1")
    assert (await save(intake, draft, NAME, window="w2")).draft.version == 2


async def test_a_window_is_not_overtaken_by_its_own_saves_while_typing(intake):
    draft = await begin(intake)
    await save(intake, draft, {"person.family_name": ["Had"]}, checked=False)
    saved = await save(intake, draft, NAME)
    assert saved.draft.content.answers["person.family_name"] == "Haddad"


async def test_a_stranger_sees_no_draft(intake):
    draft = await begin(intake)
    assert await drafts.find(intake.service, draft.case, "p2") is None
    with pytest.raises(NotFound):
        await save(intake, replace(draft, party="p2"), NAME)
    assert await drafts.of_party(intake.service, "p2") == []


async def test_beginning_twice_without_an_answer_is_one_draft(intake):
    first = await begin(intake)
    assert (await begin(intake)).case == first.case
    await save(intake, first, NAME)
    assert (await begin(intake)).case != first.case


async def test_one_person_has_so_many_drafts_at_a_time_and_no_more(intake):
    for _ in range(DRAFTS_MAX):
        await save(intake, await begin(intake), NAME)
    with pytest.raises(Refused) as refused:
        await begin(intake)
    assert refused.value.code == Code.TOO_MANY_DRAFTS
    await drafts.discard(intake.service, (await drafts.of_party(intake.service, "p1"))[0].case, "draft-deleted", NOW)
    assert await begin(intake)
    assert await begin(intake, "p2")


async def test_what_is_no_answer_is_kept_up_to_a_limit_for_all_pages_together(intake):
    """So that a draft is sealed, and opens again, whatever somebody sends."""
    draft = await begin(intake)
    long = {"person.family_name": ["x" * (TYPED_MAX_CHARACTERS - 100)]}
    draft = (await save(intake, draft, long)).draft
    assert draft.content.typed.keys() == {STEP.key}
    reach = next(field.id for field in OTHER.fields)
    draft = (await save(intake, draft, {reach: ["y" * 1000]}, step=OTHER)).draft
    assert draft.content.typed.keys() == {STEP.key}
    assert await drafts.load(intake.service, draft.case, "p1") == draft


async def test_a_draft_that_does_not_open_does_not_close_the_others(intake):
    first, second = await begin(intake), None
    await save(intake, first, NAME)
    second = await begin(intake)
    stored = await intake.service.ports.drafts.load(first.case)
    await intake.service.ports.drafts.save(replace(stored, version=3, sealed=f"{stored.sealed[:-4]}AAAA"))
    assert [draft.case for draft in await drafts.of_party(intake.service, "p1")] == [second.case]


async def test_a_draft_expires_sixty_days_after_its_last_save_and_not_before(intake):
    draft = await begin(intake)
    intake.clock.advance(days=30)
    await save(intake, draft, NAME)
    intake.clock.now += KEPT - timedelta(seconds=1)
    assert await drafts.sweep_expired_drafts(intake.service) == 0
    intake.clock.now += timedelta(seconds=1)
    assert await drafts.sweep_expired_drafts(intake.service) == 1
    assert await drafts.find(intake.service, draft.case, "p1") is None
    await intake.settled()
    assert await intake.events(f"intake/erasure/{draft.case}") == ["erasure-ordered", "keys-destroyed"]
    assert await is_erased(intake.service.ports.keyring, case_key(draft.case))
    assert await drafts.find(intake.service, draft.case, "p1") is None


async def test_a_draft_that_was_decided_on_is_erased_although_the_process_died_behind_that(intake):
    draft = await begin(intake)
    given = {"id": "d", "at": NOW, "actor": "test", "scope": System("test")}
    await intake.service.run(DiscardDraft(**given, case=draft.case, reason="draft-deleted"))
    await intake.settled()
    assert await intake.service.ports.drafts.load(draft.case) is None
    assert await is_erased(intake.service.ports.keyring, case_key(draft.case))


async def test_sweeping_never_erases_what_was_submitted(intake):
    """A crash between filing and removing the draft leaves its record behind."""
    browser = await intake.signed_in()
    path = await browser.begin()
    case = path.rsplit("/", 1)[1]
    await browser.fill(path)
    left = await intake.service.ports.drafts.load(case)
    await browser.submit(path)
    await intake.settled()
    await intake.service.ports.drafts.save(replace(left, version=1))
    intake.clock.advance(days=61)
    assert await drafts.sweep_expired_drafts(intake.service) == 1
    assert await intake.events(f"intake/erasure/{case}") == []
    assert (await submission.filed(intake.service, case, left.party)).case == case
    assert await intake.service.ports.drafts.load(case) is None

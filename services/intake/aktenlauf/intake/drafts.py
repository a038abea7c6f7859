"""Drafts: what an applicant has typed and not yet submitted, as an object over the `Drafts` port.

No events: a draft is overwritten with every save, sealed with the key of its case, and erased when it is deleted or
left alone. Case id and key exist from the start; the application stream begins when it is filed or discarded, and from
then on there is no draft any more, even if its record should still lie there.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from aktenlauf.contracts import catalogue
from aktenlauf.contracts.common import Content
from aktenlauf.contracts.errors import Code
from aktenlauf.intake import forms
from aktenlauf.intake.domain import DiscardDraft
from aktenlauf.intake.values import FieldError, Form
from aktenlauf.kit.drafts import Draft as Stored
from aktenlauf.kit.errors import Conflict, NotFound, Refused, Unavailable
from aktenlauf.kit.ids import derived_id, new_id
from aktenlauf.kit.keyring import case_key
from aktenlauf.kit.logs import logger
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Service

KEPT = timedelta(days=60)
"""How long after its last save a draft is kept. Long enough to get a paper from another country, no longer than an
applicant can be expected to come back (Art. 5(1)(e) GDPR: storage limitation)."""
SAVE_ATTEMPTS = 5
TYPED_MAX_CHARACTERS = 100_000
"""In all pages of a draft with something that is no valid answer."""
DRAFTS_MAX = 20
"""Of one person at a time."""
BERLIN = ZoneInfo("Europe/Berlin")

_log = logger(__name__)


class Typed(BaseModel):
    """A page as typed, where it could not become answers. `checked`: the applicant has seen what is wrong."""

    controls: dict[str, list[str]]
    checked: bool


class Touch(BaseModel):
    """A change of a page: version of the draft, and the window (one showing of the page) that it came from."""

    version: int
    window: str


class DraftContent(Content):
    """What is sealed."""

    service: str
    """Key of the catalogue entry."""
    catalogue_version: int
    answers: dict[str, Any] = Field(default_factory=dict)
    typed: dict[str, Typed] = Field(default_factory=dict)
    """By page, for pages with something that is no valid answer."""
    touched: dict[str, Touch] = Field(default_factory=dict)
    """By page: its last change."""
    locale: str = "de"
    salt: str
    """Of the submission's digest: random, and the same however often it is submitted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An opened draft of one person."""

    case: str
    party: str
    version: int
    saved_at: datetime
    expires_at: datetime
    content: DraftContent
    offer: catalogue.Service
    """What is applied for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a posted page was made from: the draft's version (None: does not say), and which showing it was."""

    version: int | None
    window: str


class StepChanged(Exception):
    """Another window or device has changed this page since it was opened. Nothing was saved."""

    def __init__(self, draft: Draft, read: forms.StepInput) -> None:
        super().__init__(draft.case)
        self.draft, self.read = draft, read


@dataclass(frozen=True, slots=True)
class Saved:
    """A page that was saved, and what could not be read from it."""

    draft: Draft
    read: forms.StepInput


def today_of(at: datetime) -> date:
    """The day in Germany."""
    return at.astimezone(BERLIN).date()


async def start(service: Service, party: str, key: str, locale: str, at: datetime) -> Draft:
    """Begin an application, or go on with one of the same kind that was begun and left empty.

    Raises NotFound, Refused(TOO_MANY_DRAFTS).
    """
    offer = _offer(key)
    found = await of_party(service, party)
    for draft in found:
        if draft.content.service == key and draft.version == 1:
            return draft
    if len(found) >= DRAFTS_MAX:
        raise Refused(Code.TOO_MANY_DRAFTS, count=DRAFTS_MAX)
    content = DraftContent(service=key, catalogue_version=offer.version, locale=locale, salt=secrets.token_hex(16))
    return await _store(service, new_id(), party, 1, content, at)


async def find(service: Service, case: str, party: str) -> Draft | None:
    """The draft, or None if there is none (any more) for this person."""
    stored = await service.ports.drafts.load(case)
    if stored is None or stored.party != party or await has_ended(service, case):
        return None
    return await _open(service, stored)


async def load(service: Service, case: str, party: str) -> Draft:
    """As `find`; raises NotFound."""
    draft = await find(service, case, party)
    if draft is None:
        raise NotFound(case)
    return draft


async def of_party(service: Service, party: str) -> list[Draft]:
    """All drafts of one person, the last saved first."""
    found = []
    for stored in await service.ports.drafts.of_party(party):
        if await has_ended(service, stored.case):
            continue
        try:
            draft = await _open(service, stored)
        except ValueError as error:  # one that does not open must not close the others
            _log.error("a draft does not open", error=error)
            continue
        if draft:
            found.append(draft)
    return found


async def has_ended(service: Service, case: str) -> bool:
    """Whether the application was filed or the draft discarded: its record then counts for nothing."""
    return await service.ports.log.version(f"intake/application/{case}") > 0


async def save_step(
    service: Service,
    case: str,
    party: str,
    step: catalogue.Step,
    form: Form,
    *,
    shown: Shown,
    checked: bool,
    locale: str,
    at: datetime,
) -> Saved:
    """Keep a posted page: valid answers as answers, the rest as typed. `checked`: the applicant wants to go on.

    Two windows that work on different pages do not disturb each other. Raises StepChanged, NotFound, Unavailable.
    """
    for _ in range(SAVE_ATTEMPTS):
        draft = await load(service, case, party)
        read = forms.read_step(draft.offer, step, form, draft.content.answers, today_of(at))
        content = _with_step(draft.content, step, read, checked)
        unchanged = (content.answers, content.typed) == (draft.content.answers, draft.content.typed)
        if unchanged and draft.version > 1:
            return Saved(draft, read)
        if not unchanged and _overtaken(draft.content.touched.get(step.key), shown):
            raise StepChanged(draft, read)
        content = _marked(content, draft, step.key, shown.window, locale)
        with suppress(Conflict):
            return Saved(await _store(service, case, party, draft.version + 1, content, at), read)
    raise Unavailable(f"draft {case} is written by many at once", retry_after=1)


def controls(content: DraftContent, step: catalogue.Step) -> dict[str, list[str]]:
    """What a page is filled with."""
    typed = content.typed.get(step.key)
    return dict(typed.controls) if typed else forms.typed(step, content.answers)


def steps(draft: Draft, today: date) -> list[forms.StepState]:
    """The pages of the form with their state. A page with something unreadable on it is not done."""
    states = forms.steps(draft.offer, draft.content.answers, today)
    return [
        replace(s, state="started") if s.state == "done" and s.step.key in draft.content.typed else s for s in states
    ]


def errors(draft: Draft, step: catalogue.Step, today: date) -> list[FieldError]:
    """What is wrong on a page that the applicant has already tried to leave."""
    typed = draft.content.typed.get(step.key)
    if typed is None or not typed.checked:
        return []
    return forms.read_step(draft.offer, step, typed.controls, draft.content.answers, today).errors


def gaps(draft: Draft, today: date) -> list[forms.Missing]:
    """Everything between this draft and a submission but its last pages, in the order of the form."""
    answers = draft.content.answers
    found = forms.missing(draft.offer, answers, today)
    known = {(gap.step, gap.error.field) for gap in found}
    for step in draft.offer.steps():
        typed = draft.content.typed.get(step.key)
        if typed is not None:
            wrong = forms.read_step(draft.offer, step, typed.controls, answers, today).errors
            found += [forms.Missing(step.key, e) for e in wrong if (step.key, e.field) not in known]
    order = {step.key: index for index, step in enumerate(draft.offer.steps())}
    last = {step.key for step in draft.offer.steps() if step.last}
    return sorted((gap for gap in found if gap.step not in last), key=lambda gap: order[gap.step])


async def discard(service: Service, case: str, reason: Literal["draft-deleted", "draft-expired"], at: datetime) -> None:
    """Give up a draft; everything that was uploaded to it is erased by a reaction. What was filed is not touched.

    Two windows, or a draft that expires while it is filed, also in two processes: whose event begins the application's
    stream has won, so that an application that was confirmed is never erased, and nothing is left undecided.
    """
    given: dict[str, Any] = {"at": at, "actor": f"system:{reason}", "scope": System(reason)}
    with suppress(Refused):
        await service.run(DiscardDraft(id=derived_id(reason, case), **given, case=case, reason=reason))
    await service.ports.drafts.delete(case)


async def sweep_expired_drafts(service: Service) -> int:
    """Erase all drafts whose time is over; how many there were."""
    swept, now = 0, service.ports.clock()
    while expired := await service.ports.drafts.expired(now):
        for draft in expired:
            await discard(service, draft.case, "draft-expired", now)
        swept += len(expired)
    return swept


async def _open(service: Service, stored: Stored) -> Draft | None:
    content = await service.ports.sealing.open_token(stored.sealed, DraftContent)
    if not isinstance(content, DraftContent):
        return None
    offer = _offer(content.service)
    return Draft(stored.case, stored.party, stored.version, stored.saved_at, stored.expires_at, content, offer)


async def _store(service: Service, case: str, party: str, version: int, content: DraftContent, at: datetime) -> Draft:
    sealed = await service.ports.sealing.seal(content, case_key(case), event_id=f"{case}.{version}")
    stored = Stored(case, party, version, sealed, at, at + KEPT)
    await service.ports.drafts.save(stored)
    return Draft(case, party, version, at, stored.expires_at, content, _offer(content.service))


def _offer(key: str) -> catalogue.Service:
    offer = catalogue.catalogue().services.get(key)
    if offer is None:
        raise NotFound(key)
    return offer


def _with_step(content: DraftContent, step: catalogue.Step, read: forms.StepInput, checked: bool) -> DraftContent:
    """What is wrong now replaces what was right before: an old answer must not be submitted in its place."""
    wrong = {field.id: None for field in step.fields if _erred(field.id, read.errors)}
    answers = forms.apply(content.answers, {**read.changes, **wrong})
    typed = {key: page for key, page in content.typed.items() if key != step.key}
    others = sum(_size(page.controls) for page in typed.values())
    if read.errors and others + _size(read.raw) <= TYPED_MAX_CHARACTERS:
        typed[step.key] = Typed(controls=read.raw, checked=checked)
    return content.model_copy(update={"answers": answers, "typed": typed})


def _overtaken(last: Touch | None, shown: Shown) -> bool:
    # a window's own saves while typing do not overtake it
    return bool(last and shown.version is not None and last.version > shown.version and last.window != shown.window)


def _marked(content: DraftContent, draft: Draft, step: str, window: str, locale: str) -> DraftContent:
    touched = {**content.touched, step: Touch(version=draft.version + 1, window=window)}
    return content.model_copy(update={"touched": touched, "locale": locale, "catalogue_version": draft.offer.version})


def _erred(field_id: str, wrong: Sequence[FieldError]) -> bool:
    return any(error.field == field_id or error.field.startswith(f"{field_id}.") for error in wrong)


def _size(controls: Mapping[str, Sequence[str]]) -> int:
    return sum(len(value) for values in controls.values() for value in values)

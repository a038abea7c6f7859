"""Booking as a saga, in every order in which its steps can happen.

The deciders and reactions are the service's own; only the log is a list, so that hypothesis can choose what happens
next: a wish of one of two applicants, a withdrawal, or any reaction that is due, also one that has run before.
"""

import asyncio
from collections import deque
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aktenlauf.contracts.envelope import Event, Meta
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    ChoiceLost,
    SlotChosen,
    SlotReleased,
    SlotTaken,
)
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.scope import System
from aktenlauf.scheduling.domain import (
    APPOINTMENT,
    DAY,
    DECIDERS,
    Appointment,
    CancelAppointment,
    ChooseSlot,
    Day,
    OfferAppointment,
    OpenCapacity,
)
from aktenlauf.scheduling.reactions import last_moment, reactions

from .conftest import LINDENRIED, slot

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STARTS = [datetime(2026, 11, 30, hour, tzinfo=UTC) for hour in (8, 9)]
CASES = ("k-1", "k-2")
PLACES = 1
DAY_STREAM = f"scheduling/day/{LINDENRIED[0]}/{LINDENRIED[1]}/2026-11-30"


class World:
    """Streams as lists, and per group (a case, or a day) the events whose reactions are still to run."""

    def __init__(self) -> None:
        self.streams: dict[str, list[Event]] = {}
        self.done: set[tuple[str, str]] = set()
        self.waiting: dict[str, deque[tuple[Event, Meta]]] = {}
        self.handled: list[tuple[Event, Meta]] = []
        self.numbers = count()
        self.run(self.ordered(OpenCapacity, "open", starts={s.isoformat(): PLACES for s in STARTS}, minutes=20))
        for case in CASES:
            offer = {"offer": f"o-{case}", "purpose": "biometrics", "party": case, "minutes": 20}
            until = last_moment(AT)
            self.run(self.of(OfferAppointment, case, f"offer-{case}", office=LINDENRIED[0], until=until, **offer))

    def of(self, command: type[Command], case: str, id_: str | None = None, **fields: Any) -> Command:
        id_ = id_ or f"c-{next(self.numbers)}"
        return command(id=id_, at=AT, actor="a", scope=System("test"), case=case, **fields)  # type: ignore[call-arg]

    def ordered(self, command: type[Command], id_: str, **fields: Any) -> Command:
        place = {"office": LINDENRIED[0], "place": LINDENRIED[1], "day": date(2026, 11, 30)}
        return command(id=id_, at=AT, actor="a", scope=System("test"), **place, **fields)  # type: ignore[call-arg]

    def state(self, stream: str) -> Any:
        decider = DAY if stream == DAY_STREAM else APPOINTMENT
        state = decider.initial()
        for event in self.streams.get(stream, []):
            state = decider.evolve(state, event)
        return state

    def run(self, command: Command) -> None:
        """As the runner does it: a known id is done, a refusal changes nothing."""
        stream = command.stream_name()
        if (stream, command.id) in self.done:
            return
        try:
            events = DECIDERS[type(command)].decide(command, self.state(stream))
        except Refused:
            return
        if events:
            self.done.add((stream, command.id))
        for event in events:
            held = self.streams.setdefault(stream, [])
            held.append(event)
            self.waiting.setdefault(stream, deque()).append((event, _meta(event, stream, len(held))))
            self.check()

    def react(self, event: Event, meta: Meta) -> None:
        for reaction in reactions.of(meta):
            for command in asyncio.run(_commands(reaction.run(event, meta, None))):
                self.run(command)

    def step(self, what: str, number: int) -> None:
        """One of all that can happen now; `number` says in which case, at which start, of which group."""
        case = CASES[number % 2]
        groups = [stream for stream, queue in self.waiting.items() if queue]
        match what:
            case "choose":
                self.run(self.of(ChooseSlot, case, slot=slot(STARTS[number // 2 % 2])))
            case "cancel" | "withdraw":
                self.run(self.of(CancelAppointment, case, reason="applicant" if what == "cancel" else "withdrawn"))
            case "react again" if self.handled:
                self.react(*self.handled[number % len(self.handled)])  # a crash before the cursor moved
            case "react" if groups:
                self.take_from(groups[number % len(groups)])

    def take_from(self, group: str) -> None:
        found = self.waiting[group].popleft()
        self.react(*found)
        self.handled.append(found)

    def finish(self) -> None:
        while groups := [stream for stream, queue in self.waiting.items() if queue]:
            self.take_from(groups[0])

    def check(self) -> None:
        """What must hold after every single event."""
        given_away = self.streams.get(DAY_STREAM, [])
        for start in STARTS:
            taken = sum(isinstance(e, SlotTaken) and e.start == start for e in given_away)
            released = sum(isinstance(e, SlotReleased) and e.start == start for e in given_away)
            assert 0 <= taken - released <= PLACES
        day: Day = self.state(DAY_STREAM)
        for case in CASES:
            appointment: Appointment = self.state(f"scheduling/appointment/{case}")
            if appointment.booked is not None:
                choice, booked = appointment.booked
                assert day.taken.get(choice) == booked.start, "booked, but the day does not hold the place"


def _meta(event: Event, stream: str, version: int) -> Meta:
    subject = None if stream == DAY_STREAM else stream.rsplit("/", 1)[1]
    kind = event.type_from("scheduling")
    return Meta(derived_id(stream, str(version)), kind, "scheduling", AT.isoformat(), stream, version, subject)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["choose"] * 4 + ["react"] * 8 + ["cancel", "react again", "withdraw"]),
        st.integers(0, 11),
    ),
    min_size=20,
    max_size=60,
)


def played(steps: list[tuple[str, int]]) -> World:
    world = World()
    for what, number in steps:
        world.step(what, number)
    world.finish()
    return world


async def _commands(found: Any) -> list[Command]:
    return [command async for command in found]


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_places_are_never_overbooked_and_every_choice_gets_one_answer_in_any_interleaving(
    steps: list[tuple[str, int]],
) -> None:
    world = played(steps)
    for case in CASES:
        history = world.streams[f"scheduling/appointment/{case}"]
        answers = [e.choice for e in history if isinstance(e, AppointmentBooked | AppointmentMoved | ChoiceLost)]
        assert sorted(answers) == sorted(e.choice for e in history if isinstance(e, SlotChosen))


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_in_the_end_exactly_the_booked_places_are_held_and_none_by_a_withdrawn_case(
    steps: list[tuple[str, int]],
) -> None:
    world = played(steps)
    states = [world.state(f"scheduling/appointment/{case}") for case in CASES]
    booked = {state.booked[0]: state.booked[1].start for state in states if state.booked}
    assert world.state(DAY_STREAM).taken == booked
    for case, state in zip(CASES, states, strict=True):
        history = world.streams[f"scheduling/appointment/{case}"]
        withdrawn = any(isinstance(e, AppointmentCancelled) and e.reason == "withdrawn" for e in history)
        assert not (withdrawn and state.booked), "withdrawn, and still holds a place"


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_a_move_that_fails_leaves_the_old_appointment(steps: list[tuple[str, int]]) -> None:
    world = played(steps)
    for case in CASES:
        state = APPOINTMENT.initial()
        for event in world.streams[f"scheduling/appointment/{case}"]:
            before, state = state, APPOINTMENT.evolve(state, event)
            if isinstance(event, SlotChosen | ChoiceLost):
                assert state.booked == before.booked

"""Given these events, when this command comes, then these events follow: the language of a decider's tests.

given(APPOINTMENT, offered).when(choose(slot)).then(SlotChosen(choice="c", slot=slot))
given(APPOINTMENT).when(choose(slot)).refused(Code.NOT_OFFERED)
given(APPOINTMENT, offered, chosen).when(choose(slot)).quiet()
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.errors import Code
from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.errors import Refused


@dataclass(frozen=True)
class Decided:
    """What a command led to: events, or a refusal."""

    events: Sequence[Event]
    code: Code | None = None

    def then(self, *events: Event) -> None:
        """Exactly these events followed, with all their fields."""
        assert self.code is None, f"refused: {self.code}"
        assert list(self.events) == list(events)

    def quiet(self) -> None:
        """Nothing followed, and nothing was refused: it was done already, or there is nothing to do."""
        self.then()

    def refused(self, code: Code) -> None:
        """It was refused with exactly this code."""
        assert self.code == code, f"not refused with {code}: {self.code or list(self.events)}"


@dataclass(frozen=True)
class Given:
    """A state, made by events."""

    decider: Decider[Any]
    events: Sequence[Event]

    def when(self, command: Command) -> Decided:
        """Decide on this command."""
        state = self.decider.initial()
        for event in self.events:
            state = self.decider.evolve(state, event)
        try:
            return Decided(self.decider.decide(command, state))
        except Refused as refused:
            return Decided((), refused.code)


def given(decider: Decider[Any], *events: Event) -> Given:
    """The state after these events; without any, the initial one."""
    return Given(decider, events)

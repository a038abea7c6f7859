"""The functional core of a service: a command meets a state and becomes events.

    decide(command, state) -> [event, ...]     or raises Refused(code)
    evolve(state, event)   -> state

Both are pure: time, ids, fees, deadlines and configuration come in with the command or stand in the state. This is
the one module of the kit that a `domain.py` imports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.errors import Code
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.scope import Office, Party, Scope, System

__all__ = ["Code", "Command", "Decider", "Event", "Office", "Party", "Refused", "Scope", "System"]

S = TypeVar("S")


class Command(BaseModel):
    """An order to one stream, in the imperative (`AskQuestion`). Subclasses add its content.

    `at` is the only clock the domain knows: the arrival of the request, for reactions the event's time, for the clock
    the time it was due. The class variables are templates over the command's own fields.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    stream: ClassVar[str]
    """Template of the target stream: `review/case/{case}`."""
    key: ClassVar[str] = "case/{case}"
    """Template of the keyring entry that seals its events."""

    id: str
    at: datetime
    actor: str
    scope: Scope
    correlation: str | None = None
    """Id of the first command of the request that led here; None: this one is the first."""
    seen: int | None = None
    """Version of the stream that the form was made from; None: it does not depend on one."""

    def stream_name(self) -> str:
        """The stream that this command is for."""
        return self.stream.format_map(self.__dict__)

    def key_name(self) -> str:
        """The keyring entry for its events' sealed parts."""
        return self.key.format_map(self.__dict__)

    def substance(self) -> dict[str, Any]:
        """What the same command says again when it is repeated: all but what belongs to the single request."""
        return self.model_dump(exclude={"id", "at", "seen", "correlation"})

    def subject(self) -> str | None:
        """The case, or None for private streams."""
        return getattr(self, "case", None)


@dataclass(frozen=True)
class Decider(Generic[S]):
    """The decisions on one kind of stream."""

    initial: Callable[[], S]
    decide: Callable[[Any, S], Sequence[Event]]
    evolve: Callable[[S, Any], S]
    belongs_to: Callable[[S], tuple[Sequence[str], Sequence[str]]]
    """(offices, parties) of a state: who may command it. An empty stream belongs to whoever opens it."""
    matters: frozenset[type[Event]] = field(default_factory=frozenset)
    """Events after which a form made before them is refused as "changed"."""

"""Who is behind a pseudonym: kept once per office, sealed with the office's staff key. Pure, as the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from aktenlauf.contracts.review import StaffIdentified, StaffName
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.decider import Command, Decider, Event


class IdentifyStaff(Command):
    """Keep the name behind a pseudonym, sealed with the office's staff key."""

    stream: ClassVar[str] = "review/staff/{staff}"
    key: ClassVar[str] = "staff/{office}"
    staff: str
    office: str
    name: str


@dataclass(frozen=True)
class Staff:
    """State of one pseudonym."""

    office: str | None = None


def decide_staff(command: IdentifyStaff, staff: Staff) -> Sequence[Event]:
    """Once per office; a changed name is kept when the person changes office."""
    if staff.office == command.office:
        return []
    sealed = Sealed.of(StaffName(name=command.name))
    return [StaffIdentified(staff=command.staff, office=command.office, sealed=sealed)]


def evolve_staff(staff: Staff, event: Event) -> Staff:
    """The state after `event`."""
    return Staff(event.office) if isinstance(event, StaffIdentified) else staff


STAFF: Decider[Staff] = Decider(Staff, decide_staff, evolve_staff, belongs_to=lambda staff: ((), ()))

"""The ids of messages (nachrichtenUUID). They follow from their cause, so that a repetition writes no second one."""

from aktenlauf.kit.ids import derived_id


def message_of(event_id: str, type_: str) -> str:
    """The message of this type that tells of an event."""
    return derived_id(event_id, type_)


def application_message(case: str) -> str:
    """The 130101 of a case. What answers it names it as trigger, also where no 130101 was ever written."""
    return derived_id(case, "130101")

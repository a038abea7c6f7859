"""Every error that leaves the kit, as one tree.

AktenlaufError
├── Refused            422  a command meets a state that does not allow it; carries a Code
├── Conflict           409  the stream has moved on since it was read
├── CommandReused      409  the same command id with another content
├── NotFound           404  unknown, or not yours: the two look the same
├── Forbidden          403  known person, wrong role
├── Erased             410  the personal data are gone
├── Unavailable        503  a port does not answer; try again after `retry_after` seconds
├── NotYet                  a handler needs what has not been heard yet; waits, never reaches a person
└── Halt                    a log or a topic contradicts itself; nothing goes on until an operator looks
"""

from typing import Any

from aktenlauf.contracts.errors import Code


class AktenlaufError(Exception):
    """Root of the tree. `status` is the HTTP status that a web shell answers with."""

    status = 500
    code = Code.INTERNAL


class Refused(AktenlaufError):
    """A decider's no: `raise Refused(Code.CLOSED)`. `params` fill the text shown to a person."""

    status = 422

    def __init__(self, code: Code, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Conflict(AktenlaufError):
    """An append was made from a stale version. The caller reloads and decides again."""

    status = 409
    code = Code.CONFLICT

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}")


class CommandReused(AktenlaufError):
    """A command id that was already used for another content; nothing was appended."""

    status = 409
    code = Code.COMMAND_REUSED


class NotFound(AktenlaufError):
    """Nothing there for this scope. Says nothing about whether it exists for others."""

    status = 404
    code = Code.NOT_FOUND


class Forbidden(AktenlaufError):
    """The person is known and may not do this."""

    status = 403
    code = Code.FORBIDDEN


class Erased(AktenlaufError):
    """The key is destroyed: content cannot be opened any more, by anyone."""

    status = 410
    code = Code.ERASED


class Unavailable(AktenlaufError):
    """A server or disk that this port needs does not answer."""

    status = 503
    code = Code.UNAVAILABLE

    def __init__(self, what: str, retry_after: int = 5) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class NotYet(AktenlaufError):
    """Raised by a handler that must first hear something else of the same case; its argument says what."""


class Halt(AktenlaufError):
    """Two records claim the same place, or data of a newer format was found."""

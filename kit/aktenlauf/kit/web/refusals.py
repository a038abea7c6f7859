"""The refusals that only the web knows, beside the tree in `kit.errors`."""

from aktenlauf.contracts.errors import Code
from aktenlauf.kit.errors import AktenlaufError, Forbidden
from aktenlauf.kit.identity import Side


class NotSignedIn(AktenlaufError):
    """This needs a person, and nobody is signed in on this side (any more)."""

    status = 401
    code = Code.SIGN_IN

    def __init__(self, side: Side) -> None:
        super().__init__(side)
        self.side = side


class CsrfRefused(Forbidden):
    """A change was asked for without proof that it came from a page of ours in this session."""

    code = Code.CSRF


class TooMany(AktenlaufError):
    """More requests than the limit allows; `retry_after` in seconds."""

    status = 429
    code = Code.TOO_MANY

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

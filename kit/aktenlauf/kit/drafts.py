"""Drafts: what an applicant has typed and not yet submitted. Not events: they are overwritten, expire and vanish."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft as stored. `sealed` is a JWE under the case's key; `version` counts its saves."""

    case: str
    party: str
    version: int
    sealed: str
    saved_at: datetime
    expires_at: datetime


class Drafts(Protocol):
    """Implementations MUST make `save` a compare-and-set: of two tabs that save from the same version, one loses.

    Callers MUST seal what they store, and check `party` before showing a draft.
    """

    async def save(self, draft: Draft) -> None:
        """Store `draft` if the stored version is exactly `draft.version - 1` (0: none). Raises Conflict."""
        ...

    async def load(self, case: str) -> Draft | None:
        """The draft, or None."""
        ...

    async def of_party(self, party: str) -> Sequence[Draft]:
        """All drafts of one person, the last saved first."""
        ...

    async def expired(self, now: datetime, limit: int = 100) -> Sequence[Draft]:
        """Drafts with `expires_at` at or before `now`."""
        ...

    async def delete(self, case: str) -> None:
        """Remove it for good. Removing what is not there is done."""
        ...

    async def close(self) -> None:
        """Let go of the file or connection."""
        ...

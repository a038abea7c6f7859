"""Programs show an access token of their side's provider, where people have a session.

source: RFC 6750. A token in a query or a form is not looked for: it would stand in logs.
"""

from fastapi import Request

from aktenlauf.kit.identity import Presented, Side, SignInFailed
from aktenlauf.kit.web.pages import shell_of

HEADER = "Authorization"
SMOKE_SCOPE = "aktenlauf-smoke"
"""What a token must be issued for, to be exchanged for a session (docs/adr/0018)."""


def bearer_token(request: Request) -> str | None:
    """The token of the header `Authorization: Bearer`, if there is one."""
    scheme, _, token = request.headers.get(HEADER, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def presented(request: Request, side: Side) -> Presented:
    """Whom the request's token speaks for. Raises SignInFailed, also where there is none."""
    token = bearer_token(request)
    if not token:
        raise SignInFailed("token")
    return await shell_of(request).identity.presented(side, token)

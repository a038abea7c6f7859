"""The account: what we know from the sign-in, the language, and signing out everywhere."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.intake.pages.counts import counts_of
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.pages import page, session_of, shell_of

router = APIRouter(include_in_schema=False)


@router.get("/konto")
async def account(request: Request, person: Applicant) -> Response:
    """Nothing is stored here: the data are those of the session, as the identity provider gave them."""
    counts, session = await counts_of(request, person), session_of(request)
    return page(request, "pages/account.html", counts=counts, must_end=session.must_end if session else None)


@router.post("/konto/ueberall-abmelden")
async def sign_out_everywhere(request: Request, person: Applicant) -> Response:
    """End every session of this person, this one included."""
    shell = shell_of(request)
    await shell.sessions.end_all(person.subject)
    response = RedirectResponse("/abmelden", 303)
    shell.cookies.clear_session(response, "public")
    return response

"""The office's pages."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.pages import page

router = APIRouter()


@router.get("/amt")
async def worklist(request: Request, staff: Staff) -> Response:
    """The worklist."""
    return page(request, "pages/worklist.html")

"""The office's pages, by group. The fixed paths come before those with a case in them."""

from fastapi import APIRouter

from aktenlauf.review.pages import case, decision, history, messages, search, taking, worklist

router = APIRouter(include_in_schema=False)
for group in (worklist, taking, search, messages, decision, history, case):
    router.include_router(group.router)

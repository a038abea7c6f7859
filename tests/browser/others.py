"""The people of a case without a browser, for the steps that are not looked at."""

import asyncio

from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.visitor import Visitor

PEOPLE = (("", "pruefling"), ("/amt", "pruefung"), ("/amt", "freigabe"))


async def by_visitors(url: str, case: str = "") -> Journey:
    """A journey of people who have just signed in, in the midst of this case."""
    people = [Visitor(url) for _ in PEOPLE]
    await asyncio.gather(*(visitor.sign_in(*who) for visitor, who in zip(people, PEOPLE, strict=True)))
    journey = Journey(*people, ANSWERS)
    journey.case = case
    return journey

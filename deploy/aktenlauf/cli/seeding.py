"""Making the demonstration's cases: by people, on the pages, in the background.

Nobody waits for it. Each request is told to arrive at its story's time (`DemoClock.at`), so cases have an age while the
installation's clock is right from the start. One case after the other, with a pause as long as each step took: whoever
is there meanwhile finds the pages quick. What is begun is written down before, so a start after a kill goes on with the
next case and leaves the one that was cut off as it is.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import httpx

from aktenlauf.cli.demo import Demonstration
from aktenlauf.cli.installation import Installation
from aktenlauf.cli.journey import Journey
from aktenlauf.cli.seed_stories import Scene, Story, answers, moments, stories
from aktenlauf.cli.visitor import VisitFailed, Visitor
from aktenlauf.kit.logs import logger

PAUSE_SECONDS_MAX = 0.5
_KINDS = (3, 5, 4, 6)
_log = logger(__name__)


class People:
    """Who is signed in; everybody signs in once. Each counts as an address of their own for the rate limits."""

    def __init__(self, open_visitor: Callable[[str], Visitor]) -> None:
        self._open = open_visitor
        self._visitors: dict[str, Visitor] = {}

    async def get(self, side_prefix: str, subject: str) -> Visitor:
        """Raises VisitFailed if they cannot sign in."""
        if subject not in self._visitors:
            visitor = self._visitors[subject] = self._open(subject)
            await visitor.sign_in(side_prefix, subject)
        return self._visitors[subject]

    async def close(self) -> None:
        """Nobody is needed any more."""
        for visitor in self._visitors.values():
            await visitor.close()


async def seed(installation: Installation, demo: Demonstration) -> None:
    """Make all cases that are not yet begun. A case that fails is logged and left as it is."""
    if demo.made.complete:
        return
    now = demo.clock()
    people = People(lambda subject: _visitor(installation, subject))
    try:
        for story in stories()[demo.made.begun : demo.made.planned]:
            demo.made.begun += 1
            demo.made.keep(demo.data)
            if await _told(story, people, demo, now):
                demo.made.made += 1
                demo.made.keep(demo.data)
        demo.made.complete = True
        demo.made.keep(demo.data)
    finally:
        await people.close()


def _visitor(installation: Installation, subject: str) -> Visitor:
    transport = httpx.ASGITransport(app=installation.app, client=(f"demonstration {subject}", 1))
    return Visitor(installation.settings.public_url, transport)


async def _told(story: Story, people: People, demo: Demonstration, now: datetime) -> bool:
    step_name = "sign-in"
    try:
        journey = Journey(
            await people.get("", story.person.subject),
            await people.get("/amt", story.team.caseworker),
            await people.get("/amt", story.team.approver),
            answers(story, now),
        )
        scene = Scene(journey, now, _KINDS[story.number % len(_KINDS)])
        for step, moment in zip(story.steps, moments(story, now), strict=True):
            step_name = step.act.__name__.strip("_")
            started = time.monotonic()
            with demo.clock.at(moment):
                await step.act(scene)
            await asyncio.sleep(min(time.monotonic() - started, PAUSE_SECONDS_MAX))
    except (VisitFailed, httpx.HTTPError) as failed:
        _log.warning(
            "a case of the demonstration stays unfinished", case=story.number, step=step_name, reason=str(failed)
        )
        return False
    return True

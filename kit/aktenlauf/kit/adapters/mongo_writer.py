"""The one writer of a process on a log in MongoDB. Others write at the same time: replicas, tools.

It inserts right after the last commit that it knows a majority to have. Whoever else did the same is found out by the
unique keys: one of the two has the place, the other looks what became of its commit, in this order: is its command
there, then that is the result; is its stream not where it was expected, then it is a Conflict; else only the place was
taken, and it tries the next. So positions are dense and never change, with no sequencer and no lock (ADR 0020).

What is appended while an insert is under way goes together into the next one: an ordered insert of a single message
to the server, of which a beginning is there or nothing. (Several messages could be torn apart by an election.)

An insert whose answer is lost may have happened, or may happen yet. Its command is looked for, and if it is not there
inserted again: whichever comes second meets the unique keys. Nobody is answered before that is settled, except that
after PATIENCE_SECONDS the answer is Unavailable, which says that it is not known.
"""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aktenlauf.contracts.envelope import stamp
from aktenlauf.kit.adapters.mongo import duplicate_at, in_parallel, never_sent
from aktenlauf.kit.adapters.mongo_commits import Commit, Commits
from aktenlauf.kit.errors import CommandReused, Conflict, Unavailable
from aktenlauf.kit.log import ANY, Appended
from aktenlauf.kit.logs import logger

COMMITS_MAX = 64
"""Commits in one insert. FerretDB does one of more than 100 in parts, and goes on after a part that failed."""
INSERT_BYTES_MAX = 12 * 1024 * 1024
"""Records in one insert, and in one commit: below the 16 MiB of a document and the 48 MB of a message."""
JOBS_MAX = 256
"""Jobs that one round looks at."""
PATIENCE_SECONDS = 10.0
"""How long a job waits for an outcome."""

_log = logger(__name__)


@dataclass(eq=False, slots=True)
class Job:
    """One commit to be made. `command` is a number for what was heard, whose records are stamped already."""

    stream: str
    expected: int
    records: Sequence[bytes]
    command: str | int
    digest: bytes
    done: "asyncio.Future[Appended]"
    doubtful: bool = False
    """Something speaks against it, or it may be there: that is looked up before it is tried again or answered."""
    sent: bool = False
    """It was sent once, and the answer was lost."""

    def commit(self, position: int, version: int) -> Commit:
        """The commit at its place."""
        last = version + len(self.records) - 1
        records = self.records
        if isinstance(self.command, str):
            records = [stamp(record, version + n) for n, record in enumerate(records)]
        return Commit(position, self.stream, version, last, self.command, self.digest, records)

    def refuse(self, error: Exception) -> None:
        """It is not done."""
        if not self.done.done():  # who was cancelled waits no more
            self.done.set_exception(error)

    def settle(self, commit: Commit, *, repeated: bool) -> None:
        """It is done, now or `repeated`: earlier."""
        try:
            appended = result_of(commit, self.digest, repeated=repeated)
        except CommandReused as reused:
            self.refuse(reused)
        else:
            if not self.done.done():
                self.done.set_result(appended)


def result_of(commit: Commit, digest: bytes, *, repeated: bool) -> Appended:
    """Where a command's commit is. Raises CommandReused if it was made with another digest."""
    if digest and commit.digest and digest != commit.digest:
        raise CommandReused(str(commit.command))
    return Appended(commit.stream, commit.last, commit.end, repeated)


class Writer:
    """A task that does one job after the other, those that wait at the same time together."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._jobs: list[Job] = []
        self._woken = asyncio.Event()
        self._closed = False
        self._futile = 0
        """Rounds in a row after which everything was as before."""
        self._task = asyncio.create_task(self._run(), name="log-write")

    def submit(
        self, stream: str, expected: int, records: Sequence[bytes], command: str | int, digest: bytes = b""
    ) -> "asyncio.Future[Appended]":
        """Accept a commit; those of one caller are made in the order of its calls. Raises Unavailable once closed."""
        if self._closed:
            raise Unavailable("the log is closed")
        loop = asyncio.get_running_loop()
        job = Job(stream, expected, records, command, digest, loop.create_future())
        # By a timer: a single call of the driver to a server that is silent may take longer than that.
        timer = loop.call_later(PATIENCE_SECONDS, job.refuse, Unavailable("log: the outcome is not known"))
        job.done.add_done_callback(lambda _: timer.cancel())
        self._jobs.append(job)
        self._woken.set()
        return job.done

    async def close(self) -> None:
        """Finish what was accepted."""
        self._closed = True
        self._woken.set()
        await asyncio.shield(self._task)

    async def _run(self) -> None:
        while True:
            while self._jobs:
                await self._round(self._jobs[:JOBS_MAX])
                self._jobs = [job for job in self._jobs if not job.done.done()]
            if self._closed:
                return
            self._woken.clear()
            await self._woken.wait()

    async def _round(self, jobs: Sequence[Job]) -> None:
        """Look up what is doubtful, then insert as much as one insert takes."""
        before = self._commits.head
        try:
            await self._look_up([job for job in jobs if job.doubtful])
            if self._futile and self._commits.head == before:
                # What has taken the place is not with the majority yet: before that, it would be taken again.
                await self._pause()
                await self._commits.follow()
            if planned := await self._plan(jobs):
                await self._insert(planned)
        except Unavailable as error:
            _refuse((job for job in self._jobs if not job.sent), error)
            await self._pause()
        except Exception as error:  # a fault in here must leave nobody waiting
            _log.error("the writer failed", error=error)
            _refuse(jobs, Unavailable("log: the writer failed"))
        settled = any(job.done.done() for job in jobs)
        self._futile = 0 if settled or self._commits.head > before else self._futile + 1

    async def _pause(self) -> None:
        """The longer, the more rounds changed nothing."""
        await asyncio.sleep(random.uniform(0.5, 1) * min(0.5, 0.005 * 2**self._futile))  # noqa: S311

    async def _plan(self, jobs: Sequence[Job]) -> list[tuple[Job, Commit]]:
        """What can be inserted now, and where."""
        waiting = [job for job in jobs if not job.done.done()]
        known = await self._commits.known_versions(job.stream for job in waiting if job.expected != 0)
        planned: list[tuple[Job, Commit]] = []
        room, position, versions = INSERT_BYTES_MAX, self._commits.head + 1, dict[str, int]()
        for job in waiting:
            version = versions.get(job.stream, self._commits.versions.get(job.stream, known.get(job.stream, 0)))
            if job.expected in (ANY, version):
                room -= sum(len(record) + 32 for record in job.records)
                if planned and (room < 0 or len(planned) == COMMITS_MAX):
                    break
                commit = job.commit(position, version + 1)
                planned.append((job, commit))
                position, versions[job.stream] = commit.end + 1, commit.last
            elif job.stream not in versions:  # else it shows when what stands before it is there
                job.doubtful = True
        return planned

    async def _look_up(self, jobs: Sequence[Job]) -> None:
        """Answer those whose commands are there, or whose streams have moved on; learn where the log is."""
        if not jobs:
            return
        streams: dict[str, list[Job]] = {}
        for job in jobs:
            streams.setdefault(job.stream, []).append(job)
        await self._commits.follow()
        await in_parallel(self._look_up_stream(stream, of_stream) for stream, of_stream in streams.items())

    async def _look_up_stream(self, stream: str, jobs: Sequence[Job]) -> None:
        version = await self._commits.version(stream)
        # Behind it: a command that is not there now has not moved the stream on, so that none conflicts with itself.
        found = await self._commits.by_command(stream, {job.command for job in jobs})
        for job in jobs:
            job.doubtful = False
            if commit := found.get(job.command):
                job.settle(commit, repeated=not job.sent)
            elif job.expected not in (ANY, version):
                job.refuse(Conflict(stream, job.expected, version))

    async def _insert(self, planned: Sequence[tuple[Job, Commit]]) -> None:
        try:
            await self._commits.insert([commit for _, commit in planned])
        except Unavailable as error:
            if never_sent(error):
                raise
            planned = _acknowledged(planned, duplicate_at(error))
        self._commits.learn(commit for _, commit in planned)
        for job, commit in planned:
            job.settle(commit, repeated=False)


def _acknowledged(planned: Sequence[tuple[Job, Commit]], duplicate: int | None) -> Sequence[tuple[Job, Commit]]:
    """What of an insert that failed is there; the others are in doubt, or were not tried."""
    if duplicate is None:
        for job, _ in planned:
            job.doubtful = job.sent = True
        return []
    planned[duplicate][0].doubtful = True
    return planned[:duplicate]


def _refuse(jobs: Iterable[Job], error: Exception) -> None:
    for job in jobs:
        job.refuse(error)

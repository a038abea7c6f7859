"""The ports of one service, opened by name. The only place that chooses adapters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aktenlauf.kit.blobs import Blobs
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.drafts import Drafts
from aktenlauf.kit.grants import Grants
from aktenlauf.kit.keyring import CachedKeyring, Keyring
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.mailer import Mailer
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.sessions import Sessions
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.views import Views
from aktenlauf.kit.work import Work
from aktenlauf.kit.workers import Workers


@dataclass(frozen=True, slots=True)
class Shared:
    """What the services of an installation share: infrastructure, no data of cases but the keys."""

    keyring: Keyring
    sessions: Sessions
    blobs: Blobs
    mailer: Mailer
    grants: Grants
    workers: Workers
    clock: Clock

    async def close(self) -> None:
        """Let go of everything."""
        await self.workers.close()
        await self.blobs.close()
        self.sessions.close()
        await self.keyring.close()


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that one service touches."""

    service: str
    log: EventLog
    views: Views
    work: Work
    drafts: Drafts
    bus: Bus
    blobs: Blobs
    mailer: Mailer
    keyring: Keyring
    sealing: Sealing
    sessions: Sessions
    grants: Grants
    workers: Workers
    clock: Clock
    folder: Path
    """The service's own folder for hand-over points (`drop/`)."""

    async def close(self) -> None:
        """Let go of what is this service's own."""
        await self.bus.close()
        for port in (self.log, self.views, self.work, self.drafts):
            await port.close()


async def open_shared(settings: Settings, clock: Clock) -> Shared:
    """The embedded form's shared ports, below the data folder."""
    from aktenlauf.kit.adapters.folder_blobs import FolderBlobs
    from aktenlauf.kit.adapters.folder_mailer import FolderMailer
    from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring, load_or_make_kek
    from aktenlauf.kit.adapters.sqlite_sessions import SqliteSessions

    data = settings.data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keyring = CachedKeyring(SqliteKeyring(data / "keyring.db", load_or_make_kek(data / "kek")))
    return Shared(
        keyring=keyring,
        sessions=SqliteSessions(data / "sessions.db", await keyring.create("installation/sessions")),
        blobs=FolderBlobs(data / "blobs"),
        mailer=FolderMailer(data / "mail", "nicht-antworten@aktenlauf.invalid"),
        grants=await Grants.open(keyring),
        workers=Workers(size=settings.workers),
        clock=clock,
    )


def open_ports(settings: Settings, service: str, shared: Shared, logs: Mapping[str, EventLog]) -> Ports:
    """The embedded form's ports of one service. `logs` are those of all services, which the local bus follows."""
    from aktenlauf.kit.adapters.local_bus import LocalBus
    from aktenlauf.kit.adapters.sqlite_drafts import SqliteDrafts
    from aktenlauf.kit.adapters.sqlite_views import SqliteViews
    from aktenlauf.kit.adapters.sqlite_work import SqliteWork

    folder = settings.data / service
    work = SqliteWork(folder / "work.db")
    return Ports(
        service=service,
        log=logs[service],
        views=SqliteViews(folder / "views.db"),
        work=work,
        drafts=SqliteDrafts(folder / "drafts.db"),
        bus=LocalBus(logs, work),
        blobs=shared.blobs,
        mailer=shared.mailer,
        keyring=shared.keyring,
        sealing=Sealing(shared.keyring),
        sessions=shared.sessions,
        grants=shared.grants,
        workers=shared.workers,
        clock=shared.clock,
        folder=folder,
    )


def open_log(settings: Settings, service: str) -> EventLog:
    """The embedded form's log of one service."""
    from aktenlauf.kit.adapters.sqlite_log import SqliteLog

    return SqliteLog(settings.data / service / "log.db")

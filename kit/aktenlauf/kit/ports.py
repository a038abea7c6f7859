"""The ports of one service, opened by name. The only place that chooses adapters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aktenlauf.contracts.site import SERVICES
from aktenlauf.kit.blobs import Blobs
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.clock import Clock
from aktenlauf.kit.drafts import Drafts
from aktenlauf.kit.grants import Grants
from aktenlauf.kit.keyring import CachedKeyring, Keyring
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.mailer import Mailer
from aktenlauf.kit.scanner import Scanner
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.sessions import Sessions
from aktenlauf.kit.settings import Settings, WrongSetting
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
    scanner: Scanner
    clock: Clock
    disconnect: Callable[[], Awaitable[None]] | None = None
    """Closes the connections that the services' own ports use too: the last of all."""

    async def close(self) -> None:
        """Let go of everything, after the services' own ports."""
        await self.workers.close()
        await self.blobs.close()
        await self.sessions.close()
        await self.keyring.close()
        if self.disconnect:
            await self.disconnect()


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
    scanner: Scanner
    clock: Clock
    folder: Path
    """The service's own folder for hand-over points (`drop/`)."""

    async def close(self) -> None:
        """Let go of what is this service's own."""
        await self.bus.close()
        for port in (self.log, self.views, self.work, self.drafts):
            await port.close()


async def open_shared(settings: Settings, clock: Clock) -> Shared:
    """The ports that services share, each where its setting says, else below the data folder."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keyring = CachedKeyring(await open_keyring(settings))
    workers = Workers(size=settings.workers)
    return Shared(
        keyring=keyring,
        sessions=await _sessions(settings, await keyring.create("installation/sessions")),
        blobs=_blobs(settings),
        mailer=_mailer(settings),
        grants=await Grants.open(keyring),
        workers=workers,
        scanner=_scanner(settings, workers),
        clock=clock,
        disconnect=partial(disconnect, settings),
    )


async def open_log(settings: Settings, service: str) -> EventLog:
    """The log of one service."""
    if url := settings.mongo.get_secret_value():
        from aktenlauf.kit.adapters.mongo import open_database
        from aktenlauf.kit.adapters.mongo_log import MongoLog

        return await MongoLog.open(open_database(url, settings.mongo_prefix + service))
    from aktenlauf.kit.adapters.sqlite_log import SqliteLog

    return SqliteLog(settings.data / service / "log.db")


async def open_ports(settings: Settings, service: str, shared: Shared, logs: Mapping[str, EventLog]) -> Ports:
    """The ports of one service. `logs` are those of all services in this process, which the local bus follows."""
    folder = settings.data / service
    views, work, drafts = await _stores(settings, service)
    return Ports(
        service=service,
        log=logs[service],
        views=views,
        work=work,
        drafts=drafts,
        bus=_bus(settings, service, logs, work),
        blobs=shared.blobs,
        mailer=shared.mailer,
        keyring=shared.keyring,
        sealing=Sealing(shared.keyring),
        sessions=shared.sessions,
        grants=shared.grants,
        workers=shared.workers,
        scanner=shared.scanner,
        clock=shared.clock,
        folder=folder,
    )


async def disconnect(settings: Settings) -> None:
    """Close the connections that the ports opened in this event loop shared."""
    if any(url.get_secret_value() for url in (settings.mongo, settings.mongo_keyring, settings.mongo_sessions)):
        from aktenlauf.kit.adapters.mongo import close_clients

        await close_clients()


async def _stores(settings: Settings, service: str) -> tuple[Views, Work, Drafts]:
    work = await open_work(settings, service)
    if url := settings.mongo.get_secret_value():
        from aktenlauf.kit.adapters.mongo import open_database
        from aktenlauf.kit.adapters.mongo_drafts import MongoDrafts
        from aktenlauf.kit.adapters.mongo_views import MongoViews

        database = open_database(url, settings.mongo_prefix + service)
        return await MongoViews.open(database), work, await MongoDrafts.open(database)
    from aktenlauf.kit.adapters.sqlite_drafts import SqliteDrafts
    from aktenlauf.kit.adapters.sqlite_views import SqliteViews

    folder = settings.data / service
    return SqliteViews(folder / "views.db"), work, SqliteDrafts(folder / "drafts.db")


def _bus(settings: Settings, service: str, logs: Mapping[str, EventLog], work: Work) -> Bus:
    if settings.kafka:
        from aktenlauf.kit.adapters.kafka_bus import KafkaBus
        from aktenlauf.kit.adapters.kafka_settings import configured_brokers

        return KafkaBus(configured_brokers(settings), service, settings.kafka_prefix)
    from aktenlauf.kit.adapters.local_bus import LocalBus

    return LocalBus(logs, work)


async def services_with_data(settings: Settings) -> Sequence[str]:
    """Whose stores exist, in alphabetical order; to look makes none. Raises WrongSetting if there are none."""
    if url := settings.mongo.get_secret_value():
        from aktenlauf.kit.adapters.mongo import database_names

        there = await database_names(url)
        found = [service for service in SERVICES if settings.mongo_prefix + service in there]
        place = f"AKTENLAUF_MONGO: no service has its data in a database {settings.mongo_prefix}SERVICE there"
    else:
        found = [path.parent.name for path in settings.data.glob("*/work.db")]
        place = f"AKTENLAUF_DATA: no service has its data in {settings.data}"
    if not found:
        raise WrongSetting(place)
    return sorted(found)


async def open_work(settings: Settings, service: str) -> Work:
    """The `Work` of one service alone, for those who decide from outside."""
    if url := settings.mongo.get_secret_value():
        from aktenlauf.kit.adapters.mongo import open_database
        from aktenlauf.kit.adapters.mongo_work import MongoWork

        return await MongoWork.open(open_database(url, settings.mongo_prefix + service))
    from aktenlauf.kit.adapters.sqlite_work import SqliteWork

    return SqliteWork(settings.data / service / "work.db")


async def open_keyring(settings: Settings) -> Keyring:
    """The keyring, under the key-encryption keys of the settings, else the one in the data folder."""
    from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring, load_or_make_kek

    keks = settings.keks or [load_or_make_kek(settings.data / "kek")]
    if url := settings.mongo_keyring.get_secret_value() or settings.mongo.get_secret_value():
        from aktenlauf.kit.adapters.mongo import open_database
        from aktenlauf.kit.adapters.mongo_keyring import MongoKeyring

        return await MongoKeyring.open(open_database(url, settings.mongo_prefix + "keyring"), *keks)
    return SqliteKeyring(settings.data / "keyring.db", *keks)


async def _sessions(settings: Settings, secret: bytes) -> Sessions:
    if url := settings.mongo_sessions.get_secret_value() or settings.mongo.get_secret_value():
        from aktenlauf.kit.adapters.mongo import open_database
        from aktenlauf.kit.adapters.mongo_sessions import MongoSessions

        return await MongoSessions.open(open_database(url, settings.mongo_prefix + "sessions"), secret)
    from aktenlauf.kit.adapters.sqlite_sessions import SqliteSessions

    return SqliteSessions(settings.data / "sessions.db", secret)


def _blobs(settings: Settings) -> Blobs:
    if settings.s3:
        from aktenlauf.kit.adapters.s3_blobs import S3Blobs

        return S3Blobs(settings.s3, settings.s3_access_key, settings.s3_secret_key.get_secret_value())
    from aktenlauf.kit.adapters.folder_blobs import FolderBlobs

    return FolderBlobs(settings.data / "blobs")


def _scanner(settings: Settings, workers: Workers) -> Scanner:
    from aktenlauf.kit.adapters.structure_scanner import StructureScanner

    structure = StructureScanner(workers)
    if not settings.clamd:
        return structure
    from aktenlauf.kit.adapters.both_scanners import BothScanners
    from aktenlauf.kit.adapters.clamd_scanner import ClamdScanner

    host, _, port = settings.clamd.rpartition(":")
    return BothScanners(ClamdScanner(host, int(port)), structure)


def _mailer(settings: Settings) -> Mailer:
    if url := settings.smtp.get_secret_value():
        from aktenlauf.kit.adapters.smtp_mailer import SmtpMailer

        return SmtpMailer(url, settings.mail_from)
    from aktenlauf.kit.adapters.folder_mailer import FolderMailer

    return FolderMailer(settings.data / "mail", settings.mail_from)

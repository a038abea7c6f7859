"""`aktenlauf bus`: the topics on Kafka. Works whether or not the services run."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aktenlauf.contracts.site import SERVICES
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_settings import configured_brokers
from aktenlauf.kit.adapters.kafka_topics import make_topics, own_topics
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.ports import open_log
from aktenlauf.kit.republish import republish
from aktenlauf.kit.settings import Settings, WrongSetting

NOT_REACHED = 1
"""Exit code where Kafka did not answer; what was done is done."""


async def topics(settings: Settings) -> int:
    """Make the topics of all services that lack, and name all. NOT_REACHED if Kafka is away."""
    console = Console(highlight=False, soft_wrap=True)
    names = [topic for service in SERVICES for topic in own_topics(settings.kafka_prefix, service)]
    try:
        made = await make_topics(configured_brokers(settings), names)
    except Unavailable as error:
        return _not_reached(error)
    for name in names:
        console.print(f"{name}  {'made' if name in made else 'was there'}", markup=False)
    return 0


async def publish_again(settings: Settings, service: str, case: str | None, start: int) -> int:
    """Publish a service's own records again from its log. NOT_REACHED if Kafka is away, saying where to go on."""
    if service not in SERVICES:
        raise WrongSetting(f"{service} is no service; there are {', '.join(SERVICES)}")
    console = Console(highlight=False, soft_wrap=True)
    bus = KafkaBus(configured_brokers(settings), service, settings.kafka_prefix)
    log = await open_log(settings, service)
    done = start - 1
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
            task = bars.add_task(f"{service}: position", total=await log.head())

            def tell(position: int, published: int) -> None:
                nonlocal done
                done = position
                bars.update(task, completed=position)

            published = await republish(service, log, bus.publish_again, case=case, start=start, tell=tell)
    except Unavailable as error:
        return _not_reached(error, f" Published up to position {done}: go on with --from {done + 1}.")
    finally:
        await bus.close()
        await log.close()
    console.print(f"{published} records of {service} published again.")
    return 0


def _not_reached(error: Unavailable, more: str = "") -> int:
    Console(stderr=True, soft_wrap=True).print(f"Kafka does not answer ({error}).{more}", markup=False)
    return NOT_REACHED

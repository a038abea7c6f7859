"""What tests of the tail have in common: what they tell a service, and what they wait for."""

from typing import Any

from aktenlauf.kit.ports import Ports
from aktenlauf.kit.service import Service
from aktenlauf.kit.testing.samples import heard
from aktenlauf.kit.testing.waiting import until


async def tell(ports: Ports, *numbers: int, case: str = "1") -> None:
    """Let the log hear some `Happened` of a case, numbered by version."""
    await ports.log.hear([heard(f"samples/thing/{case}", number) for number in numbers])


async def is_done(service: Service) -> bool:
    """Whether everything has been heard, applied and reacted to, and nothing waits."""
    return await service.settled() and not await service.ports.work.aside()


async def settled(service: Service) -> None:
    """Return once everything in the log has been taken."""
    await until(service.settled)


async def is_now(found: Any, expected: Any) -> bool:
    """A condition to wait for, as far as a comparison says it."""
    return found == expected

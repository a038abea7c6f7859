"""What the gateway does when something happened: clear what lies here of an erased case."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aktenlauf.contracts.common import ErasureOrdered
from aktenlauf.contracts.envelope import Meta
from aktenlauf.kit import erasure
from aktenlauf.kit.decider import Command
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.xoev_gateway.cases import exchange_of
from aktenlauf.xoev_gateway.drop import Drop
from aktenlauf.xoev_gateway.views import stored

reactions = Reactions("reactions")
erasure.register(reactions, stored)


@reactions.on(ErasureOrdered, name="clear-drop")
async def clear_drop(event: ErasureOrdered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The hand-over point is the one place where content lies in the clear."""
    exchange = await exchange_of(service, meta.case)
    drop = Drop(service.ports.folder / "drop")
    await asyncio.to_thread(drop.clear, meta.case, exchange.prepared)
    nothing: tuple[Command, ...] = ()
    for command in nothing:
        yield command

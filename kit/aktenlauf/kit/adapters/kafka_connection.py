"""A broken connection to a broker is a broken connection on every event loop.

asyncio's own loop takes what is written to a connection that has just been lost, and uvloop raises RuntimeError.
aiokafka expects OSError alone: its background tasks would end by the other, and a consumer would hear nothing any more
until its process is restarted.
"""

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

_send = AIOKafkaConnection.send


def _send_or_break(self: Any, *args: Any, **named: Any) -> Any:
    try:
        return _send(self, *args, **named)
    except KafkaError:  # a RuntimeError too, which the client knows
        raise
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"the connection is closed: {error}") from error


def mend() -> None:
    """Once for the process; repeating it changes nothing."""
    AIOKafkaConnection.send = _send_or_break

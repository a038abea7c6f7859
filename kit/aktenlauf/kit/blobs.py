"""Object storage: bytes under a random name. What is stored was encrypted before (`kit.files`)."""

from collections.abc import AsyncIterator
from typing import Protocol


class Blobs(Protocol):
    """Implementations MUST:

    - make a blob visible only when it is whole, and durable before `put` returns;
    - stream: memory does not grow with the size of a blob;
    - treat deleting what is not there as done.

    Callers MUST NOT put personal data into names, or store anything unencrypted.
    """

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Store under a new name; the size in bytes. Raises FileExistsError if the name is taken; Unavailable."""
        ...

    def get(self, name: str) -> AsyncIterator[bytes]:
        """The bytes in chunks. Raises NotFound (at the first chunk) if there is no such blob; Unavailable."""
        ...

    async def delete(self, name: str) -> None:
        """Remove it for good."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

"""Mailer for demonstrations: one `.eml` file a mail, in a folder that only the owner may read."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.mailer import Mail, letter


class FolderMailer:
    """See `aktenlauf.kit.mailer.Mailer`."""

    def __init__(self, folder: Path, sender: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._folder, self._sender = folder, sender

    async def send(self, mail: Mail, case: str) -> None:
        await self._do(self._write, f"{case}_{mail.id}.eml", bytes(letter(mail, self._sender)))

    async def clear(self, case: str) -> None:
        await self._do(self._clear, case)

    async def _do(self, work: Callable[..., None], *args: object) -> None:
        try:
            await asyncio.to_thread(work, *args)
        except OSError as error:
            raise Unavailable(f"mail folder: {error.strerror}") from error

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / f".{name}"
        part.write_bytes(content)
        part.rename(self._folder / name)

    def _clear(self, case: str) -> None:
        for pattern in (f"{case}_*.eml", f".{case}_*.eml"):  # the second: left over by a crash
            for file in self._folder.glob(pattern):
                file.unlink(missing_ok=True)

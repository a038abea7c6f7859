"""How many uploaded files still wait to be looked through and drawn as page images."""

from aktenlauf.cli.installation import Installation
from aktenlauf.contracts.documents import DocumentChecked, DocumentRejected, DocumentUploaded
from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.log import walk


class Backlog:
    """Counts on the log of the service that owns the files; each call reads on where the last one ended."""

    def __init__(self, installation: Installation) -> None:
        owner = str(DocumentUploaded.owner)
        self._log = installation.services[owner].ports.log
        self._came = DocumentUploaded.type_from(owner)
        self._went = {DocumentChecked.type_from(owner), DocumentRejected.type_from(owner)}
        self._after = 0
        self.uploaded, self.done = 0, 0

    async def count(self) -> int:
        """The files that wait now."""
        async for stored in walk(self._log, self._after):
            kind = parse(stored.record).meta.type
            self.uploaded += kind == self._came
            self.done += kind in self._went
            self._after = stored.position
        return self.uploaded - self.done

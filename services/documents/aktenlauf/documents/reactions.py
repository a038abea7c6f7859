"""What documents does when something happened: clear what is removed or erased."""

from typing import Any

from aktenlauf.contracts.documents import DocumentChecked, DocumentDeleted, DocumentUploaded
from aktenlauf.contracts.envelope import Meta, parse
from aktenlauf.documents.views import stored
from aktenlauf.kit import erasure
from aktenlauf.kit.reactions import Reactions

reactions = Reactions("reactions")
erasure.register(reactions, stored)


@reactions.effect(DocumentDeleted, name="delete-files")
async def delete_files(event: DocumentDeleted, meta: Meta, service: Any) -> None:
    """The file and its page images go at once; the events stay."""
    for record in await service.ports.log.read(meta.stream):
        earlier = parse(record.record).event
        if isinstance(earlier, DocumentUploaded | DocumentChecked):
            for blob in earlier.blobs:
                await service.ports.blobs.delete(blob)

"""`aktenlauf blobs`: the bucket of an S3 server."""

from rich.console import Console

from aktenlauf.kit.adapters.s3_blobs import S3Blobs
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.settings import Settings, WrongSetting

NOT_REACHED = 1
"""Exit code where the S3 server did not answer, or refused."""


async def prepare(settings: Settings) -> int:
    """Make the bucket unless it is there. NOT_REACHED if the server is away. Raises WrongSetting."""
    if not settings.s3:
        raise WrongSetting("AKTENLAUF_S3: is empty, so there is no bucket; expected https://host/bucket")
    blobs = S3Blobs(settings.s3, settings.s3_access_key, settings.s3_secret_key.get_secret_value())
    try:
        await blobs.make_bucket()
    except Unavailable as error:
        Console(stderr=True, soft_wrap=True).print(f"The bucket could not be made ({error}).", markup=False)
        return NOT_REACHED
    finally:
        await blobs.close()
    Console(highlight=False, soft_wrap=True).print(f"{settings.s3} is there.", markup=False)
    return 0

"""Blobs in a bucket of any S3 server, through the synchronous client `minio` in threads of its own.

The server must honour `If-None-Match: *` on PutObject and CompleteMultipartUpload (S3's conditional writes): that is
what keeps a taken name. Uploads that a crash left unfinished are invisible; a lifecycle rule of the bucket
(AbortIncompleteMultipartUpload, one day) removes them.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

import certifi
from minio import Minio
from minio.error import MinioException, S3Error
from minio.helpers import DictType, check_bucket_name
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from aktenlauf.kit.errors import NotFound, Unavailable

CHUNK_BYTES = 256 * 1024
PART_BYTES = 5 * 1024 * 1024
"""The smallest part that S3 allows: the memory that one upload takes."""
THREADS = 16
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0

_IF_NEW = {"If-None-Match": "*"}

T = TypeVar("T")


class S3Blobs:
    """See `aktenlauf.kit.blobs.Blobs`.

    `url`: `https://host:port/bucket`, or `http://...` on a private network (what is stored is encrypted in any case).
    Certificates are checked against the authorities in the file that SSL_CERT_FILE names, else certifi's.
    Raises ValueError for any other URL.
    """

    def __init__(self, url: str, access_key: str, secret_key: str, region: str = "us-east-1") -> None:
        parts, self._bucket = place_of(url)
        self._http = _http()
        self._client = Minio(
            endpoint=parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=parts.scheme == "https",
            region=region,  # said here, so that no request is spent on asking
            http_client=self._http,
        )
        # Not asyncio's own threads: an object store that hangs must not hold up the databases that use those.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")

    async def make_bucket(self) -> None:
        """Make the bucket unless it is there. Raises Unavailable."""
        with suppress(FileExistsError):
            await self._call(self._client.make_bucket, self._bucket)

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        upload = _Upload(self._client, self._bucket, _checked(name))
        size = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                upload.part += chunk
                if len(upload.part) >= PART_BYTES:
                    await self._call(upload.send)
            await self._call(upload.finish)
        except BaseException:  # cancelled, too
            with suppress(Unavailable):
                await asyncio.shield(self._call(upload.abort))
            raise
        return size

    async def get(self, name: str) -> AsyncIterator[bytes]:
        response = await self._call(self._client.get_object, self._bucket, _checked(name))
        try:
            while chunk := await self._call(response.read, CHUNK_BYTES):
                yield chunk
        finally:
            response.close()
            response.release_conn()

    async def delete(self, name: str) -> None:
        with suppress(NotFound):
            await self._call(self._client.remove_object, self._bucket, _checked(name))

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._http.clear()

    async def _call(self, work: Callable[..., T], *args: Any) -> T:
        with _reachable():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)


def place_of(url: str) -> tuple[SplitResult, str]:
    """Server and bucket. Raises ValueError with what was expected, and nothing of the URL."""
    try:
        parts = urlsplit(url)
        bucket = parts.path.strip("/")
        check_bucket_name(bucket, strict=True)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if not fine or parts.username is not None or parts.query or parts.fragment:
            raise ValueError
    except ValueError:
        raise ValueError(
            "needs scheme, host and bucket, for example https://objects.example.org/aktenlauf; keys are settings of "
            "their own"
        ) from None
    return parts, bucket


class _Upload:
    """One blob on its way: in one request if it is small, else in parts that the last request joins.

    Minio's public `put_object` pulls from a blocking file and so keeps a thread as long as a person's upload lasts. The
    steps it is made of, used here, need one only while a part is under way.
    """

    def __init__(self, client: Minio, bucket: str, name: str) -> None:
        self._client, self._place = client, (bucket, name)
        self.part = bytearray()
        """What was not sent yet."""
        self._id = ""
        self._etags: list[str] = []

    def send(self) -> None:
        """One part, of PART_BYTES at least unless it is the last."""
        self._id = self._id or self._client._create_multipart_upload(*self._place, {})
        number = len(self._etags) + 1
        self._etags.append(self._client._upload_part(*self._place, self._taken(), None, self._id, number))

    def _taken(self) -> bytes:
        """The part, no longer held here. Not turned into bytes, which would be a second copy of it."""
        part, self.part = self.part, bytearray()
        return cast(bytes, part)

    def finish(self) -> None:
        """Make it visible, whole. Raises FileExistsError if the name is taken."""
        if not self._id:
            self._client._put_object(*self._place, self._taken(), dict(_IF_NEW))
            return
        if self.part:
            self.send()
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in enumerate(self._etags, start=1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        headers: DictType = {"Content-Type": "application/xml", **_IF_NEW}
        answer = self._client._execute("POST", *self._place, body, headers, {"uploadId": self._id})
        if b"<CompleteMultipartUploadResult" not in answer.data:  # S3 may answer 200 and tell of an error inside
            raise Unavailable("object storage: the parts were not joined")

    def abort(self) -> None:
        """Throw away the parts, if any are there."""
        if self._id:
            self._client._abort_multipart_upload(*self._place, self._id)


def _http() -> PoolManager:
    """Connections that give up in seconds. What can be repeated is repeated by callers, who know."""
    return PoolManager(
        maxsize=THREADS,
        timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=Retry(total=1, connect=1, read=0, redirect=0, status=0, other=0),
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )


@contextmanager
def _reachable() -> Iterator[None]:
    """Errors of client and server as the port's. A missing bucket is a wrong setting, not a missing blob."""
    try:
        yield
    except S3Error as error:
        if error.code == "NoSuchKey":
            raise NotFound("blob") from None
        if error.code in ("PreconditionFailed", "BucketAlreadyOwnedByYou"):
            raise FileExistsError from None
        raise Unavailable(f"object storage: {error.code}") from None
    except (MinioException, HTTPError, OSError) as error:
        raise Unavailable(f"object storage: {type(error).__name__}") from None


def _checked(name: str) -> str:
    if not name.replace("-", "").isalnum():
        raise ValueError("a blob's name has letters, digits and hyphens only")
    return name

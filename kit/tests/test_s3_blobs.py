"""An S3 server keeps the promises of the object storage; one that is away says so within seconds."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from minio import Minio

from aktenlauf.kit.adapters import s3_blobs
from aktenlauf.kit.adapters.s3_blobs import PART_BYTES, S3Blobs
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.testing.blobs_suite import MEGABYTE, NAME, BlobsSuite, OpenBlobs, chunks, content

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """The S3 server, past the adapter and through it."""

    def __init__(self, servers: Any) -> None:
        self.url = servers.s3.rpartition("/")[0]
        self.access_key, self.secret_key = servers.s3_access_key, servers.s3_secret_key
        place = urlsplit(self.url)
        self.client = Minio(
            endpoint=place.netloc,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=place.scheme == "https",
        )

    def blobs(self, bucket: str) -> S3Blobs:
        return S3Blobs(f"{self.url}/{bucket}", self.access_key, self.secret_key)


@pytest.fixture
def server(servers: Any) -> Server:
    return Server(servers)


@pytest.fixture
async def bucket(server: Server) -> AsyncIterator[str]:
    """A bucket of the test's own."""
    name = f"test-{new_id()}"
    blobs = server.blobs(name)
    await blobs.make_bucket()
    await blobs.close()
    yield name
    for found in server.client.list_objects(bucket_name=name, recursive=True):
        server.client.remove_object(bucket_name=name, object_name=found.object_name or "")
    server.client.remove_bucket(bucket_name=name)


@pytest.mark.servers
class TestS3Blobs(BlobsSuite):
    @pytest.fixture
    def open_blobs(self, server: Server, bucket: str) -> OpenBlobs:
        async def open_() -> S3Blobs:
            return server.blobs(bucket)

        return open_

    @pytest.mark.parametrize("size", [PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 7])
    async def test_a_blob_of_one_part_or_of_several_comes_back_byte_for_byte(self, blobs: S3Blobs, size: int) -> None:
        whole = os.urandom(size)
        pieces = [whole[start : start + 300_007] for start in range(0, size, 300_007)]
        assert await blobs.put(NAME, chunks(*pieces)) == size
        assert await content(blobs, NAME) == whole

    async def test_of_two_big_blobs_under_one_name_one_is_refused(self, blobs: S3Blobs) -> None:
        halves = [(bytes([number]) * PART_BYTES,) * 2 for number in (1, 2)]
        done = await asyncio.gather(*(blobs.put(NAME, chunks(*half)) for half in halves), return_exceptions=True)
        assert [type(outcome) for outcome in done].count(FileExistsError) == 1
        assert await content(blobs, NAME) == b"".join(halves[done.index(2 * PART_BYTES)])

    async def test_a_big_upload_that_breaks_off_or_is_cancelled_leaves_no_parts(
        self, blobs: S3Blobs, server: Server, bucket: str
    ) -> None:
        part_is_up = asyncio.Event()

        async def stuck() -> AsyncIterator[bytes]:
            for _ in range(6):
                yield MEGABYTE
            part_is_up.set()
            await asyncio.Event().wait()

        async def broken() -> AsyncIterator[bytes]:
            for _ in range(6):
                yield MEGABYTE
            raise ConnectionResetError

        putting = asyncio.create_task(blobs.put(NAME, stuck()))
        await part_is_up.wait()
        assert len(server.client._list_multipart_uploads(bucket).uploads) == 1  # the look itself works
        putting.cancel()
        await asyncio.wait([putting])
        with pytest.raises(ConnectionResetError):
            await blobs.put(NAME, broken())
        assert server.client._list_multipart_uploads(bucket).uploads == []
        assert await blobs.put(NAME, chunks(b"whole")) == 5

    async def test_a_reader_that_stops_in_the_middle_disturbs_nobody(self, blobs: S3Blobs) -> None:
        await blobs.put(NAME, chunks(*[MEGABYTE] * 3))
        for _ in range(20):
            reading = blobs.get(NAME)
            await anext(reading)
            await reading.aclose()
        assert len(await content(blobs, NAME)) == 3 * len(MEGABYTE)

    async def test_a_missing_bucket_is_unavailable_and_not_a_missing_blob(self, server: Server) -> None:
        blobs = server.blobs(f"no-{new_id()}")
        for work in (content(blobs, NAME), blobs.put(NAME, chunks(b"x")), blobs.delete(NAME)):
            with pytest.raises(Unavailable):
                await work
        await blobs.close()

    async def test_wrong_credentials_are_unavailable(self, server: Server, bucket: str) -> None:
        blobs = S3Blobs(f"{server.url}/{bucket}", server.access_key, "wrong")
        with pytest.raises(Unavailable):
            await content(blobs, NAME)
        await blobs.close()

    async def test_making_a_bucket_again_is_done(self, blobs: S3Blobs) -> None:
        await blobs.make_bucket()
        await blobs.make_bucket()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "x\x00", "parts/../x"])
async def test_a_name_is_a_name_and_no_path(name: str) -> None:
    blobs = S3Blobs("http://127.0.0.1:9/bucket", "key", "secret")
    with pytest.raises(ValueError, match="name"):
        await blobs.put(name, chunks(b"x"))
    await blobs.close()


@pytest.mark.parametrize("url", ["", "127.0.0.1:9000/bucket", "ftp://host/bucket", "https://host", "https:///bucket"])
def test_what_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="bucket"):
        S3Blobs(url, "key", "secret")


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """A server that is stopped: it takes the connection and says nothing."""
    await reader.read()


async def torn(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that dies while it gives a blob."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nonly this")
    await writer.drain()
    writer.close()


async def no_s3(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A proxy whose server is away."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\naway")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("answer", [silent, torn, no_s3])
async def test_a_server_that_does_not_answer_in_full_is_unavailable(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_blobs, "READ_SECONDS", 0.2)
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    blobs = S3Blobs(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/bucket", "key", "secret")
    with pytest.raises(Unavailable):
        await content(blobs, NAME)
    await blobs.close()
    listening.close()


async def test_a_server_that_is_away_is_unavailable_at_once_and_names_no_blob(unused_tcp_port: int) -> None:
    blobs = S3Blobs(f"http://127.0.0.1:{unused_tcp_port}/bucket", "key", "secret")
    async with asyncio.timeout(5):
        for work in (content(blobs, NAME), blobs.put(NAME, chunks(b"x")), blobs.delete(NAME)):
            with pytest.raises(Unavailable) as caught:
                await work
            assert NAME not in str(caught.value)
    await blobs.close()

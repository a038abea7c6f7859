"""A test's own corner of the shared servers: databases, topics and a bucket with a name that nobody else has."""

import asyncio
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from minio import Minio
from minio.deleteobjects import DeleteObject
from pymongo import MongoClient

from .sets import Addresses


class Space:
    """`name`: begins every name in it. `environment`: the AKTENLAUF_... variables of a process that works in it."""

    def __init__(self, servers: Addresses) -> None:
        self.servers, self.name = servers, f"t{uuid4().hex[:10]}"
        self._s3 = Minio(
            endpoint=servers.s3.split("/")[2],
            access_key=servers.s3_access_key,
            secret_key=servers.s3_secret_key,
            secure=servers.s3.startswith("https:"),
        )
        self._s3.make_bucket(bucket_name=self.name)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.servers.environment(),
            "AKTENLAUF_MONGO_PREFIX": f"{self.name}-",
            "AKTENLAUF_KAFKA_PREFIX": f"{self.name}.",
            "AKTENLAUF_S3": f"{self.servers.s3.rpartition('/')[0]}/{self.name}",
        }

    def clear(self) -> None:
        """Remove all of it. Processes that work in it must have ended. Not to be called in a running event loop."""
        self._drop_databases()
        self._drop_bucket()
        asyncio.run(self._drop_topics())

    def _drop_databases(self) -> None:
        with MongoClient[dict[str, object]](self.servers.mongo) as client:
            for name in client.list_database_names():
                if name.startswith(f"{self.name}-"):
                    client.drop_database(name)

    def _drop_bucket(self) -> None:
        names = (found.object_name for found in self._s3.list_objects(bucket_name=self.name, recursive=True))
        objects = [DeleteObject(name) for name in names if name]
        for problem in self._s3.remove_objects(bucket_name=self.name, delete_object_list=objects):
            raise OSError(f"{problem.name} stays in the bucket: {problem.message}")
        self._s3.remove_bucket(bucket_name=self.name)

    async def _drop_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers.kafka)
        await admin.start()
        try:
            ours = [topic for topic in await admin.list_topics() if topic.startswith(f"{self.name}.")]
            if ours:
                await admin.delete_topics(ours)
        finally:
            await admin.close()

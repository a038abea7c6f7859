"""The servers of deploy/native: installed once, thrown away, ended exactly."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError
from aiokafka.structs import TopicPartition
from minio import Minio
from native.install import CannotInstall, install
from native.places import RUNS
from native.processes import end, free_ports, launch, note, running
from native.sets import Addresses, ServerSet, sweep
from native.spaces import Space
from pymongo import MongoClient, UpdateOne


def sleeper(folder: Path, name: str = "sleeper") -> psutil.Process:
    return launch([sys.executable, "-c", "import time; time.sleep(600)"], folder / f"{name}.pid", folder / "log")


def test_a_process_is_ended_by_its_pid_file(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    end(tmp_path / "sleeper.pid", signal.SIGTERM)
    assert not psutil.pid_exists(process.pid) or process.status() == psutil.STATUS_ZOMBIE
    assert running(tmp_path / "sleeper.pid") is None


def test_another_process_with_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    stale = tmp_path / "stale.pid"
    stale.write_text(json.dumps({"pid": process.pid, "started": process.create_time() - 3600}))
    end(stale, signal.SIGKILL)
    assert running(tmp_path / "sleeper.pid") is not None
    end(tmp_path / "sleeper.pid", signal.SIGKILL)


def test_children_are_killed_with_their_parent(tmp_path: Path) -> None:
    waiting = [sys.executable, "-c", "import time; time.sleep(600)"]
    script = f"import subprocess; subprocess.run({waiting!r})"
    parent = launch([sys.executable, "-c", script], tmp_path / "parent.pid", tmp_path / "log")
    deadline = time.monotonic() + 20
    while not (children := parent.children()) and time.monotonic() < deadline:
        time.sleep(0.02)
    end(tmp_path / "parent.pid", signal.SIGKILL)
    assert children
    assert all(not child.is_running() or child.status() == psutil.STATUS_ZOMBIE for child in children)


def test_the_environment_names_the_servers_whole_or_not_at_all() -> None:
    whole = Addresses("mongodb://h:1/", "h:2", "http://h:3/b", "key", "secret")
    assert Addresses.of_environment(whole.environment()) == whole
    assert Addresses.of_environment({**whole.environment(), "AKTENLAUF_KAFKA": ""}) is None


@pytest.mark.servers
class TestRunning:
    """On a set of this module's own."""

    def test_it_starts_within_fifty_seconds_once_it_is_installed(self, server_set: ServerSet) -> None:
        another = ServerSet(RUNS / f"second-{os.getpid()}")
        started = time.monotonic()
        install()
        assert time.monotonic() - started < 2, "nothing is built a second time"
        try:
            another.start(owner=os.getpid())
            assert time.monotonic() - started < 50
            assert set(another.ports().values()).isdisjoint(server_set.ports().values())
        finally:
            another.stop()
        assert all(server_set.is_running(server) for server in server_set.servers), "the other set is left alone"
        assert not another.folder.exists()

    def test_servers_listen_on_loopback_alone(self, server_set: ServerSet) -> None:
        for name, pid in server_set.pids().items():
            listening = [c.laddr.ip for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
            assert {ip.removeprefix("::ffff:") for ip in listening} <= {"127.0.0.1"}, name

    def test_acknowledged_documents_survive_kill_9(self, server_set: ServerSet) -> None:
        with MongoClient[dict[str, object]](server_set.addresses().mongo) as client:
            client["native"]["kept"].insert_many([{"_id": i} for i in range(100)])
        server_set.kill("mongo")
        assert not server_set.is_running("mongo")
        server_set.start_again("mongo")
        with MongoClient[dict[str, object]](server_set.addresses().mongo) as client:
            assert client["native"]["kept"].count_documents({}) == 100

    def test_a_command_of_300_statements_does_not_hang(self, server_set: ServerSet) -> None:
        with MongoClient[dict[str, object]](server_set.addresses().mongo, socketTimeoutMS=30_000) as client:
            many = [UpdateOne({"_id": i}, {"$set": {"n": i}}, upsert=True) for i in range(300)]
            assert client["native"]["many"].bulk_write(many).upserted_count == 300

    async def test_acknowledged_records_survive_kill_9(self, server_set: ServerSet) -> None:
        servers = server_set.addresses().kafka
        await make_topic(servers, "kept")
        async with AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True) as producer:
            for i in range(100):
                await producer.send_and_wait("kept", str(i).encode())
        await asyncio.to_thread(server_set.kill, "kafka")
        await asyncio.to_thread(server_set.start_again, "kafka")
        assert await records(servers, "kept", 100) == [str(i).encode() for i in range(100)]

    async def test_no_topic_makes_itself(self, server_set: ServerSet) -> None:
        async with AIOKafkaProducer(
            bootstrap_servers=server_set.addresses().kafka, request_timeout_ms=1000
        ) as producer:
            with pytest.raises((KafkaTimeoutError, UnknownTopicOrPartitionError)):
                await producer.send_and_wait("unheard-of", b"")

    def test_objects_survive_kill_9(self, server_set: ServerSet, tmp_path: Path) -> None:
        blob = tmp_path / "blob"
        blob.write_bytes(os.urandom(100_000))
        client = bucket_client(server_set.addresses())
        client.fput_object(bucket_name="aktenlauf", object_name="a/b", file_path=str(blob))
        server_set.kill("s3")
        server_set.start_again("s3")
        client.fget_object(bucket_name="aktenlauf", object_name="a/b", file_path=str(tmp_path / "back"))
        assert (tmp_path / "back").read_bytes() == blob.read_bytes()

    def test_objects_are_not_given_to_strangers(self, server_set: ServerSet) -> None:
        assert httpx.get(server_set.addresses().s3).status_code == 403

    def test_a_server_that_is_stopped_in_order_comes_back(self, server_set: ServerSet) -> None:
        for server in server_set.servers:
            server_set.stop_one(server)
            assert not server_set.is_running(server)
            server_set.start_again(server)
            assert server_set.is_running(server)


@pytest.mark.servers
def test_a_set_whose_owner_is_gone_is_swept(server_set: ServerSet) -> None:
    """The fixture is only there to leave this out where it cannot run."""
    orphan = ServerSet(RUNS / f"orphan-{os.getpid()}")
    orphan.start(owner=os.getpid())
    processes = [psutil.Process(pid) for pid in orphan.pids().values()]
    gone = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    note(psutil.Process(gone.pid), orphan.folder / "owner")
    sweep()
    assert orphan.folder.exists(), "the owner lives"
    gone.communicate()
    sweep()
    assert not orphan.folder.exists()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)
    assert all(server_set.is_running(server) for server in server_set.servers)


@pytest.mark.servers
async def test_a_space_leaves_nothing_behind(servers: Addresses) -> None:
    space = await asyncio.to_thread(Space, servers)
    with MongoClient[dict[str, object]](servers.mongo) as client:
        client[f"{space.name}-review"]["log"].insert_one({"_id": 1})
        await make_topic(servers.kafka, f"{space.name}.review")
        objects = bucket_client(servers)
        objects.fput_object(bucket_name=space.name, object_name="one", file_path=__file__)
        await asyncio.to_thread(space.clear)
        assert not [name for name in client.list_database_names() if name.startswith(space.name)]
        assert not objects.bucket_exists(bucket_name=space.name)


@pytest.mark.servers
async def test_the_scanner_finds_the_test_virus_and_nothing_else(servers: Addresses) -> None:
    if not servers.clamd:
        pytest.skip("needs the servers: ClamAV")
    harmless, virus = (
        b"%PDF-1.7 harmless",
        b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
    )
    assert await scanned(servers.clamd, harmless) == b"stream: OK\0"
    assert await scanned(servers.clamd, virus) == b"stream: Aktenlauf.Test.EICAR.UNOFFICIAL FOUND\0"


async def scanned(address: str, content: bytes) -> bytes:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"zINSTREAM\0" + len(content).to_bytes(4, "big") + content + bytes(4))
    answer = await reader.read()
    writer.close()
    return answer


async def make_topic(servers: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()


async def records(servers: str, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        async with asyncio.timeout(30):
            return [(await consumer.getone()).value for _ in range(count)]


def bucket_client(servers: Addresses) -> Minio:
    return Minio(
        endpoint=servers.s3.split("/")[2],
        access_key=servers.s3_access_key,
        secret_key=servers.s3_secret_key,
        secure=False,
    )


def test_what_the_machine_lacks_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CannotInstall, match=r"not on this machine: .*java"):
        install()


def test_no_two_programs_get_the_same_port() -> None:
    ports = free_ports(str(number) for number in range(1000))  # drawn one by one, some would be equal
    assert len(set(ports.values())) == 1000

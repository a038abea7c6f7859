"""The bucket is made before the services start."""

import socket
from uuid import uuid4

import pytest
from minio import Minio
from native.sets import Addresses

from aktenlauf.cli.blobs import NOT_REACHED, prepare
from aktenlauf.kit.settings import Settings, WrongSetting


async def test_without_a_bucket_the_setting_is_named() -> None:
    with pytest.raises(WrongSetting, match="AKTENLAUF_S3"):
        await prepare(Settings(_env_file=None))


async def test_a_server_that_is_away_is_an_exit_code_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{probe.getsockname()[1]}/bucket"
    assert await prepare(Settings(_env_file=None, s3=away, s3_access_key="a", s3_secret_key="b")) == NOT_REACHED
    assert "could not be made" in capsys.readouterr().err


@pytest.mark.servers
async def test_the_bucket_is_made_once(servers: Addresses) -> None:
    name = f"test-{uuid4().hex[:12]}"
    server = servers.s3.rpartition("/")[0]
    settings = Settings(
        _env_file=None,
        s3=f"{server}/{name}",
        s3_access_key=servers.s3_access_key,
        s3_secret_key=servers.s3_secret_key,
    )
    assert [await prepare(settings) for _ in range(2)] == [0, 0]
    client = Minio(
        endpoint=server.split("/")[2],
        access_key=servers.s3_access_key,
        secret_key=servers.s3_secret_key,
        secure=False,
    )
    assert client.bucket_exists(bucket_name=name)
    client.remove_bucket(bucket_name=name)

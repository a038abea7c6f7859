"""A Kafka that asks for a password or speaks TLS is reached by settings alone: publishing, hearing, restoring."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from native import programs
from native.install import CannotInstall, install
from native.processes import end, free_ports, launch, wait_until

from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.kafka_settings import configured_brokers
from aktenlauf.kit.bus import Delivery, caught_up
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.log import Stored
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.testing.samples import stored

pytestmark = pytest.mark.servers

USER, PASSWORD = "aktenlauf", "nur-im-test"
LISTENERS = ("SASL_PLAINTEXT", "SASL_SSL", "SSL")


def issue(folder: Path, name: str, issuer: str = "") -> None:
    """Write `name`.pem, key and certificate; `issuer` is a file of the same kind, none for an authority itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer, signed_by = key, subject
    if issuer:
        pem = (folder / f"{issuer}.pem").read_bytes()
        signer, signed_by = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem).subject
    made = (
        x509.CertificateBuilder(signed_by, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(programs.LOOPBACK))]), critical=False)
        .sign(signer, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    (folder / f"{name}.crt").write_bytes(made.public_bytes(Encoding.PEM))


def secured(folder: Path, ports: dict[str, int], controller: int) -> dict[str, object]:
    """Settings of a broker with all the listeners."""
    address = ",".join(f"{name}://{programs.LOOPBACK}:{port}" for name, port in ports.items())
    login = "org.apache.kafka.common.security"
    return {
        "listeners": f"{address},CONTROLLER://{programs.LOOPBACK}:{controller}",
        "advertised.listeners": address,
        "listener.security.protocol.map": ",".join(f"{name}:{name}" for name in ports) + ",CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        **{
            f"listener.name.{listener}.{mechanism}.sasl.jaas.config": f"{login}.{module}"
            for listener in ("sasl_plaintext", "sasl_ssl")
            for mechanism, module in (
                ("plain", f'plain.PlainLoginModule required user_{USER}="{PASSWORD}";'),
                ("scram-sha-256", "scram.ScramLoginModule required;"),
                ("scram-sha-512", "scram.ScramLoginModule required;"),
            )
        },
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": folder / "broker.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": folder / "authority.crt",
        "listener.name.ssl.ssl.client.auth": "required",
    }


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, int]]]:
    """Folder with the certificates, and the port of each listener."""
    try:
        install("kafka")
    except CannotInstall as error:
        pytest.skip(f"needs the servers: {error}")
    folder = tmp_path_factory.mktemp("kafka")
    issue(folder, "authority")
    issue(folder, "stranger")
    for name in ("broker", "service"):
        issue(folder, name, "authority")
    ports = free_ports(("PLAINTEXT", *LISTENERS, "CONTROLLER"))
    controller = ports.pop("CONTROLLER")
    users = [f"{kind}=[name={USER},password={PASSWORD}]" for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512")]
    broker = programs.kafka(folder, ports["PLAINTEXT"], controller, secured(folder, ports, controller), users)
    broker.prepare()
    log, pid_file = folder / "kafka.log", folder / "kafka.pid"
    wait_until(broker.ready, launch(broker.command, pid_file, log), log)
    yield folder, ports
    end(pid_file, signal.SIGKILL)


def settings(kafka: tuple[Path, dict[str, int]], security: str, **more: str) -> Settings:
    """The right ones, but for `more`."""
    folder, ports = kafka
    account = {"kafka_user": USER, "kafka_password": PASSWORD} if "SASL" in security else {}
    files = {"kafka_ca_file": str(folder / "authority.crt")} if security.endswith("SSL") else {}
    own = {"kafka_cert_file": str(folder / "service.pem")} if security == "SSL" else {}
    given = {"kafka": f"{programs.LOOPBACK}:{ports[security]}", "kafka_security": security}
    return Settings(_env_file=None, **{**given, **account, **files, **own, **more})  # type: ignore[arg-type,call-arg]


async def first_heard(brokers: Brokers, prefix: str, published: Stored) -> bytes:
    """What another service hears of it."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def receive(deliveries: Sequence[Delivery]) -> None:
        if not heard.done():
            heard.set_result(deliveries[0].record)

    async def lacks(delivery: Delivery) -> bool:
        return False

    samples, hearer = KafkaBus(brokers, "samples", prefix), KafkaBus(brokers, "hearer", prefix)
    await samples.publish([published])
    await samples.restore([], lacks, receive)
    listening = asyncio.create_task(hearer.listen(["samples"], receive))
    try:
        return await asyncio.wait_for(heard, 30)
    finally:
        await caught_up(hearer, ["samples"])
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await samples.close()
        await hearer.close()


@pytest.mark.parametrize(
    ("security", "mechanism"),
    [
        ("SASL_PLAINTEXT", "PLAIN"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-256"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-512"),
        ("SASL_SSL", "PLAIN"),
        ("SASL_SSL", "SCRAM-SHA-512"),
        ("SSL", "SCRAM-SHA-512"),
    ],
)
async def test_a_secured_kafka_is_reached(kafka: Any, security: str, mechanism: str) -> None:
    brokers = configured_brokers(settings(kafka, security, kafka_sasl=mechanism))
    prefix = f"{security}-{mechanism}.".lower()
    published = stored("samples/thing/1", 1, 1)
    assert await first_heard(brokers, prefix, published) == published.record


@pytest.mark.parametrize(
    ("security", "wrong"),
    [
        ("SASL_PLAINTEXT", {"kafka_password": "falsch"}),
        ("SASL_SSL", {"kafka_password": "falsch"}),
        ("SASL_SSL", {"kafka_ca_file": "stranger.crt"}),
        ("SSL", {"kafka_ca_file": "stranger.crt"}),
        ("SSL", {"kafka_cert_file": ""}),
        ("SSL", {"kafka_cert_file": "stranger.pem"}),
    ],
)
async def test_nobody_is_let_in_or_believed_without_the_proof(kafka: Any, security: str, wrong: dict[str, str]) -> None:
    given = {name: str(kafka[0] / value) if value.endswith(("crt", "pem")) else value for name, value in wrong.items()}
    samples = KafkaBus(configured_brokers(settings(kafka, security, **given)), "samples", "refused.")
    with pytest.raises(Unavailable):
        await samples.publish([stored("samples/thing/1", 1, 1)])
    await samples.close()

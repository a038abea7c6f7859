"""What an operator says about a secured Kafka reaches every client, and what contradicts itself is refused by name."""

from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from aktenlauf.kit.adapters.kafka_settings import configured_brokers
from aktenlauf.kit.settings import Settings, WrongSetting, load_settings

ACCOUNT = {"kafka_user": "portal", "kafka_password": "geheim"}


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **{"kafka": "a:9092,b:9092", **given})


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("security", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
async def test_all_clients_are_made_with_the_same_security(security: str, mechanism: str) -> None:
    sasl = security.startswith("SASL")
    brokers = configured_brokers(settings(kafka_security=security, kafka_sasl=mechanism, **(ACCOUNT if sasl else {})))
    made = brokers.client()
    told = {name: value for name, value in made.items() if name != "bootstrap_servers"}
    assert told["security_protocol"] == security
    assert ("ssl_context" in told) == security.endswith("SSL")
    proof = (told.get("sasl_mechanism"), told.get("sasl_plain_username"), told.get("sasl_plain_password"))
    assert proof == ((mechanism, "portal", "geheim") if sasl else (None, None, None))
    for client in (AIOKafkaProducer, AIOKafkaConsumer, AIOKafkaAdminClient):
        client(**made)  # raises for what it does not know


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("missing", ["kafka_user", "kafka_password"])
def test_sasl_needs_user_and_password(security: str, missing: str) -> None:
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{missing.upper()}: it is empty.*{security}"):
        configured_brokers(settings(kafka_security=security, **{**ACCOUNT, missing: ""}))


@pytest.mark.parametrize(
    ("security", "name"),
    [
        ("PLAINTEXT", "kafka_user"),
        ("PLAINTEXT", "kafka_password"),
        ("SSL", "kafka_user"),
        ("PLAINTEXT", "kafka_ca_file"),
        ("SASL_PLAINTEXT", "kafka_ca_file"),
        ("SASL_PLAINTEXT", "kafka_cert_file"),
        ("PLAINTEXT", "kafka_key_file"),
    ],
)
def test_what_would_not_be_used_is_refused(security: str, name: str) -> None:
    account = ACCOUNT if security.startswith("SASL") else {}
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name.upper()}: it is not used.*{security}") as wrong:
        configured_brokers(settings(kafka_security=security, **account, **{name: "geheim"}))
    assert "geheim" not in str(wrong.value)


@pytest.mark.parametrize("name", ["kafka_ca_file", "kafka_cert_file"])
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_certificates_is_named(tmp_path: Path, name: str, content: str | None) -> None:
    file = tmp_path / "some.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name.upper()}: expected a PEM file"):
        configured_brokers(settings(kafka_security="SSL", **{name: str(file)}))


def test_a_key_under_a_password_is_refused_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    key = generate_private_key(SECP256R1())
    file = tmp_path / "service.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"geheim")))
    with pytest.raises(WrongSetting, match=r"AKTENLAUF_KAFKA_CERT_FILE.*without a password"):
        configured_brokers(settings(kafka_security="SSL", kafka_cert_file=str(file)))


def test_a_key_without_its_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="AKTENLAUF_KAFKA_CERT_FILE: it is empty"):
        configured_brokers(settings(kafka_security="SSL", kafka_key_file=str(tmp_path / "key.pem")))


def test_nothing_that_is_printed_shows_the_password() -> None:
    made = settings(kafka_security="SASL_SSL", **ACCOUNT)
    assert "geheim" not in repr(made) + repr(configured_brokers(made))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_SECURITY", "TLS"),
        ("KAFKA_SASL", "GSSAPI"),
        ("KAFKA", "nonsense"),
        ("KAFKA", "a:9092,b"),
        ("KAFKA", ":1"),
        ("KAFKA", "a:1, b:1"),
    ],
)
def test_a_word_that_is_none_is_named_at_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"AKTENLAUF_{name}", value)
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name}:"):
        load_settings()

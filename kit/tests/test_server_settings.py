"""An address of a server that cannot be meant is a sentence with the setting's name, and nothing of a password."""

from pathlib import Path

import pytest

from aktenlauf.kit.settings import WrongSetting, load_settings

EXPECTED = {"MONGO": "needs mongodb://", "SMTP": "mail server", "S3": "needs scheme, host and bucket"}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No file `.env` of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            (name, value)
            for name in ("MONGO", "MONGO_KEYRING", "MONGO_SESSIONS")
            for value in (
                "nonsense",
                "http://geheim@db.test/",
                "mongodb://",
                "mongodb:///work",
                "mongodb://portal:geheim@db.test:many/",
                "mongodb://portal:ge/heim@db.test/",
                "mongodb://[::1/",
                "mongodb://db.test/?tls=geheim",
                "mongodb://db.test/?retry=geheim",
                "mongodb+srv://",
                "mongodb+srv://portal:geheim@db.test:27017/",
                "mongodb+srv://a.test,b.test/",
                "mongodb+srv://db.test/?tls=geheim",
            )
        ),
        *(
            ("SMTP", value)
            for value in (
                "nonsense",
                "http://mail.test",
                "smtp://",
                "smtp://[mail",
                "smtp://mail.test:geheim",
                "smtp://portal:ge/heim@mail.test",
                "smtp://portal:geheim@mail.test?starttls=no",
                "smtp://portal:geheim℀@mail.test",
            )
        ),
        *(
            ("S3", value)
            for value in (
                "nonsense",
                "ftp://objects.test/bucket",
                "https://objects.test",
                "https:///bucket",
                "https://objects.test:many/bucket",
                "https://objects.test/a/b",
                "https://objects.test/Bucket",
                "https://portal:geheim@objects.test/bucket",
                "https://[objects/bucket",
            )
        ),
    ],
)
def test_an_address_that_cannot_be_meant_is_named_with_what_was_expected(
    name: str, value: str, alone: pytest.MonkeyPatch
) -> None:
    alone.setenv(f"AKTENLAUF_{name}", value)
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name}: ") as wrong:
        load_settings()
    assert EXPECTED[name.partition("_")[0]] in str(wrong.value)
    assert "geheim" not in str(wrong.value) and "heim@" not in str(wrong.value)


@pytest.mark.parametrize("name", ["BASE_URL", "OFFICE_URL", "OTLP"])
@pytest.mark.parametrize("value", ["nonsense", "ftp://portal:geheim@a.test", "https://", "https://a.test:many"])
def test_a_web_address_that_is_none_is_named(name: str, value: str, alone: pytest.MonkeyPatch) -> None:
    alone.setenv(f"AKTENLAUF_{name}", value)
    with pytest.raises(WrongSetting, match=f"AKTENLAUF_{name}: needs scheme and host") as wrong:
        load_settings()
    assert "geheim" not in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGO", "mongodb://portal:ge%2Fheim@a.test:27017,b.test/?replicaSet=rs0&tls=true&authSource=admin"),
        ("MONGO", "mongodb+srv://portal:geheim@db.test/?retryWrites=true&w=majority"),
        ("MONGO", "mongodb+srv://db.test"),
        ("MONGO", "mongodb://[::1]:27017/"),
        ("SMTP", "smtps://portal:ge%2Fheim@mail.test"),
        ("SMTP", "smtp://localhost:25?starttls=no"),
        ("S3", "http://127.0.0.1:7070/aktenlauf"),
        ("S3", "https://objects.test/akten-lauf.2/"),
    ],
)
def test_what_servers_are_given_as_is_taken(name: str, value: str, alone: pytest.MonkeyPatch) -> None:
    alone.setenv(f"AKTENLAUF_{name}", value)
    load_settings()

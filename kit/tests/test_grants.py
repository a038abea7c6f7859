"""A grant is good for its purpose, session and half hour, and cannot be made by anyone else."""

import base64
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring
from aktenlauf.kit.grants import VALID, Grant, Grants
from aktenlauf.kit.testing.samples import NOON

GRANT = Grant("upload", "case-1", "party-1")
SECOND = timedelta(seconds=1)


async def grants_of(folder: Path) -> Grants:
    """The grants of the installation in `folder`."""
    keyring = SqliteKeyring(folder / "keyring.db", bytes(32))
    grants = await Grants.open(keyring)
    await keyring.close()
    return grants


async def test_a_grant_is_read_by_every_process_of_the_installation(tmp_path: Path) -> None:
    token = (await grants_of(tmp_path)).sign(GRANT, "session", NOON)
    assert (await grants_of(tmp_path)).read(token, "session", NOON) == GRANT


@pytest.mark.parametrize("age,valid", [(VALID - SECOND, True), (VALID, False), (VALID + SECOND, False)])
async def test_a_grant_ends_after_half_an_hour(tmp_path: Path, age: timedelta, valid: bool) -> None:
    grants = await grants_of(tmp_path)
    assert (grants.read(grants.sign(GRANT, "session", NOON), "session", NOON + age) is not None) is valid


async def test_a_grant_of_another_session_is_none(tmp_path: Path) -> None:
    grants = await grants_of(tmp_path)
    assert grants.read(grants.sign(GRANT, "session", NOON), "other", NOON) is None


async def test_a_grant_of_another_installation_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    token = (await grants_of(tmp_path / "a")).sign(GRANT, "session", NOON)
    assert (await grants_of(tmp_path / "b")).read(token, "session", NOON) is None


async def test_a_grant_for_another_case_cannot_be_made_from_ones_own(tmp_path: Path) -> None:
    grants = await grants_of(tmp_path)
    header, claims, signature = grants.sign(GRANT, "session", NOON).split(".")
    values = orjson.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = base64.urlsafe_b64encode(orjson.dumps(values | {"sub": "case-2"})).rstrip(b"=").decode()
    assert grants.read(f"{header}.{forged}.{signature}", "session", NOON) is None


async def test_an_unsigned_or_otherwise_signed_grant_is_none(tmp_path: Path) -> None:
    grants = await grants_of(tmp_path)
    _, claims, _ = grants.sign(GRANT, "session", NOON).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    values = orjson.loads(base64.urlsafe_b64decode(claims + "=="))
    secret = jwt.encode({"alg": "HS256"}, values, OctKey.import_key(b"s" * 32))
    for token in (f"{none}.{claims}.", secret):
        assert grants.read(token, "session", NOON) is None


@pytest.mark.parametrize("junk", ["", ".", "..", "a.b.c", "ü.ü.ü", "x" * 10_000, "\x00", "e30.e30.e30", "W10.W10.W10"])
async def test_what_is_no_grant_is_none(tmp_path: Path, junk: str) -> None:
    assert (await grants_of(tmp_path)).read(junk, "session", NOON) is None

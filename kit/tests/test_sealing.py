"""What is sealed opens with its key, whole and at its own event, and never again once the key is destroyed."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from pydantic import BaseModel

from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring
from aktenlauf.kit.errors import Erased
from aktenlauf.kit.sealing import PLAIN_BYTES_MAX, ErasedContent, Sealing, event_of, key_of


class Name(BaseModel):
    given: str
    family: str | None = None


TIEN = Name(given="Tiên")


@pytest.fixture
async def sealing(tmp_path: Path) -> AsyncIterator[Sealing]:
    keyring = SqliteKeyring(tmp_path / "keyring.db", bytes(32))
    yield Sealing(keyring)
    await keyring.close()


def b64(content: bytes) -> str:
    """Base64url without padding, as in a JWE."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def with_header(token: str, **changes: str) -> str:
    """The token under a changed protected header."""
    header, rest = token.split(".", 1)
    values = orjson.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    return f"{b64(orjson.dumps(values | changes))}.{rest}"


async def test_what_was_sealed_opens_again(sealing: Sealing) -> None:
    token = await sealing.seal(TIEN, "case/1", "event-1")
    assert await sealing.open_token(token, Name) == await sealing.open(Sealed(Name, token=token)) == TIEN
    assert (key_of(token), event_of(token)) == ("case/1", "event-1")


async def test_the_longest_that_is_sealed_opens_again_and_more_is_not_sealed(sealing: Sealing) -> None:
    longest = Name(given="x" * (PLAIN_BYTES_MAX - len('{"given":""}')))
    assert await sealing.open_token(await sealing.seal(longest, "case/1", "event-1"), Name) == longest
    with pytest.raises(ValueError, match="too many to be sealed"):
        await sealing.seal(Name(given=f"{longest.given}x"), "case/1", "event-1")


async def test_what_is_not_sealed_yet_opens_without_a_key(sealing: Sealing) -> None:
    assert await sealing.open(Sealed.of(TIEN)) == TIEN


async def test_a_token_is_a_compact_jwe_and_shows_nothing(sealing: Sealing) -> None:
    token = await sealing.seal(TIEN, "case/1", "event-1")
    header, encrypted_key, nonce, content, tag = token.split(".")
    values = orjson.loads(base64.urlsafe_b64decode(header + "=="))
    assert values == {"alg": "dir", "enc": "A256GCM", "kid": "case/1", "eid": "event-1"}
    assert (encrypted_key, len(nonce), len(tag)) == ("", 16, 22)
    assert b"Ti" not in base64.urlsafe_b64decode(content + "==")


async def test_the_same_content_never_gives_the_same_token(sealing: Sealing) -> None:
    assert await sealing.seal(TIEN, "case/1", "e") != await sealing.seal(TIEN, "case/1", "e")


@pytest.mark.parametrize("part", [2, 3, 4])
async def test_a_changed_token_does_not_open(sealing: Sealing, part: int) -> None:
    parts = (await sealing.seal(TIEN, "case/1", "event-1")).split(".")
    first = parts[part][0]
    parts[part] = ("A" if first != "A" else "B") + parts[part][1:]
    with pytest.raises(ValueError, match="changed"):
        await sealing.open_token(".".join(parts), Name)


async def test_a_token_whose_header_names_another_event_does_not_open(sealing: Sealing) -> None:
    token = await sealing.seal(TIEN, "case/1", "event-1")
    with pytest.raises(ValueError, match="changed"):
        await sealing.open_token(with_header(token, eid="event-2"), Name)


async def test_a_token_whose_header_names_another_key_does_not_open(sealing: Sealing) -> None:
    token = await sealing.seal(TIEN, "case/1", "event-1")
    await sealing.keyring.create("case/2")
    for other in ("case/2", "case/never"):
        with pytest.raises(ValueError, match="key"):
            await sealing.open_token(with_header(token, kid=other), Name)


@pytest.mark.parametrize("junk", ["", "x", "a.b.c.d.e", "e30.a.b.c.d", "W10.a.b.c.d", "ü.a.b.c.d", "." * 4])
async def test_what_is_no_token_does_not_open(sealing: Sealing, junk: str) -> None:
    with pytest.raises(ValueError, match="no"):
        await sealing.open_token(junk, Name)


async def test_after_the_key_is_destroyed_opening_gives_a_value_and_sealing_fails(sealing: Sealing) -> None:
    token = await sealing.seal(TIEN, "case/1", "event-1")
    await sealing.keyring.destroy("case/1")
    assert await sealing.open_token(token, Name) == ErasedContent("case/1")
    assert not await sealing.open(Sealed(Name, token=token))
    with pytest.raises(Erased):
        await sealing.seal(TIEN, "case/1", "event-2")

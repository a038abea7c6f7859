"""Ids: random ones in time order for what begins, derived ones for what follows from something."""

import uuid

import uuid_utils

_NAMESPACE = uuid.UUID("8f6e2c1e-56b1-5d0a-9d0e-7a4c1f0b93d2")
"""Root of all derived ids. Changing it would make every reaction run again."""


def new_id() -> str:
    """A UUIDv7 (RFC 9562 section 5.7): unique, sortable by time, says nothing about a person."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str) -> str:
    """The UUIDv5 of `parts`: the same parts always give the same id, so a repeated reaction is recognised."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))

"""Finding a case by the family name without keeping the name: a keyed blind index, one key an office.

The worklist holds a keyed hash of the name beside the seal. Who reads the database without the keyring learns nothing
from it, not even whether two offices know the same name; it goes when the erasure of the case is ordered.
"""

import hashlib
import hmac

from aktenlauf.contracts.din91379 import compared
from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import ApplicationSubmitted
from aktenlauf.kit.keyring import Keyring
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.views import Document

_HEX_DIGITS = 32


async def blind(keyring: Keyring, office: str, family_name: str) -> str | None:
    """Under what the cases of this name are found in this office; None for what holds no letter."""
    letters = compared(family_name)
    if not letters:
        return None
    key = await keyring.create(f"search/{office}")
    return hmac.new(key, letters.encode(), hashlib.sha256).hexdigest()[:_HEX_DIGITS]


async def read_name(event: ApplicationSubmitted, meta: Meta, sealing: Sealing) -> Document:
    """{family} of an application; nothing where it was erased."""
    content = await sealing.open(event.sealed)
    if not content:
        return {}
    return {"family": await blind(sealing.keyring, event.office, content.name.partition(",")[0])}

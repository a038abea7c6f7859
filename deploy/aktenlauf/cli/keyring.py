"""`aktenlauf keyring`: rotating the key-encryption key (KEK). Works whether or not the services run."""

from rich.console import Console

from aktenlauf.kit.adapters.key_wrap import kek_id
from aktenlauf.kit.keyring import Keyring
from aktenlauf.kit.ports import open_keyring
from aktenlauf.kit.settings import Settings, WrongSetting

EVER_MADE = "installation/web"
"""A key that every installation has from its first start on."""


async def rewrap(settings: Settings) -> None:
    """Wrap what is under an older KEK under the first of the settings; print how many, and what may go now.

    Raises WrongSetting, Halt if a KEK in use is not among them, Unavailable. Repeating it goes on where it ended.
    """
    console = Console(highlight=False, soft_wrap=True)
    _must_be_meant(settings)
    keyring = await open_keyring(settings)
    try:
        await _must_have_keys(keyring, settings)
        with console.status("Wrapping keys"):
            count = await keyring.rewrap()
    finally:
        await keyring.close()
    new, *older = [kek_id(kek) for kek in settings.keks]
    console.print(f"{count} keys wrapped anew. All are under the key-encryption key {new}.")
    if older:
        console.print(
            f"Once every process has {new} first in AKTENLAUF_KEK, and this says 0, take {', '.join(older)} out."
        )


def _must_be_meant(settings: Settings) -> None:
    if not settings.keks:
        raise WrongSetting("AKTENLAUF_KEK: is empty; expected the new key-encryption key, then the one in use")
    on_server = settings.mongo_keyring.get_secret_value() or settings.mongo.get_secret_value()
    if not on_server and not (settings.data / "keyring.db").exists():
        raise WrongSetting(f"AKTENLAUF_DATA: no installation has its keyring in {settings.data}")


async def _must_have_keys(keyring: Keyring, settings: Settings) -> None:
    """Nothing to do in an empty database would read as done."""
    try:
        await keyring.get(EVER_MADE)
    except KeyError:
        raise WrongSetting(
            f"AKTENLAUF_MONGO_PREFIX: the database {settings.mongo_prefix}keyring has no keys of an installation"
        ) from None

"""The access tokens of a smoke run where people sign in at a real provider, whose pages no program goes through."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from aktenlauf.kit.settings import WrongSetting


@dataclass(frozen=True, slots=True)
class Tokens:
    """One for each of the run's people."""

    applicant: str = field(repr=False)
    caseworker: str = field(repr=False)
    approver: str = field(repr=False)


ROLES = tuple(one.name for one in fields(Tokens))


def read_tokens(file: Path) -> Tokens:
    """From lines `ROLE=TOKEN`. Raises WrongSetting, which repeats nothing of the file: it is a secret."""
    try:
        lines = file.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"--token-file {file}: cannot be read ({type(error).__name__})") from None
    found = dict(line.partition("=")[::2] for line in lines)
    missing = [role for role in ROLES if not found.get(role)]
    if missing or len(lines) != len(ROLES):
        raise WrongSetting(
            f"--token-file {file}: expected the three lines {', '.join(f'{role}=TOKEN' for role in ROLES)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
        )
    return Tokens(**found)

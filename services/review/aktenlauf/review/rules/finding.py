"""What every rule returns: its result together with the norm and the facts it rests on."""

from datetime import date

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Norm(Frozen):
    """A provision of law (Rechtsnorm) and when its wording was last compared.

    `wording_checked_on` is None while nobody has read the wording for this installation; `checked_against`
    names the text that was read then.
    """

    law: str
    paragraph: str
    title: str
    wording_checked_on: date | None
    checked_against: str | None = None

    @property
    def citation(self) -> str:
        return f"{self.paragraph} {self.law}"


class Finding(Frozen):
    """The base of every result. `checks` names what a person must look at before relying on it.

    The keys of `checks` have their German sentences in data.yaml under `checks`.
    """

    norm: Norm
    checks: tuple[str, ...] = ()

    @property
    def needs_check(self) -> bool:
        return bool(self.checks)

"""When a question or a proof is needed: small declarative conditions over answers, no expressions.

    when: {field: passport.state, equals: valid}
    when: {field: livelihood.sources, contains: scholarship}
    when: {field: family.status, one_of: [VH, LP]}
    when: {any: [..., ...]}

The answer is True, False or None: None says that it cannot be known yet, because a question it rests on is
still open. So a page can be announced as "not yet possible" instead of appearing later out of nowhere.
"""

from collections.abc import Collection, Mapping

from pydantic import BaseModel, ConfigDict, JsonValue


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Equals(_Frozen):
    """The answer is exactly this value."""

    field: str
    equals: str | bool | int

    def matches(self, value: JsonValue) -> bool:
        return type(value) is type(self.equals) and value == self.equals


class OneOf(_Frozen):
    """The answer is one of these values."""

    field: str
    one_of: tuple[str, ...]

    def matches(self, value: JsonValue) -> bool:
        return value in self.one_of


class Contains(_Frozen):
    """This option is among the chosen ones."""

    field: str
    contains: str

    def matches(self, value: JsonValue) -> bool:
        return isinstance(value, list) and self.contains in value


class AnyOf(_Frozen):
    """At least one of these holds."""

    any: "tuple[Condition, ...]"


Condition = Equals | OneOf | Contains | AnyOf


def holds(condition: Condition | None, answers: Mapping[str, JsonValue], pending: Collection[str]) -> bool | None:
    """Whether it holds; `pending` are the fields that must still be answered, None means "depends on one of them"."""
    if condition is None:
        return True
    if isinstance(condition, AnyOf):
        parts = [holds(part, answers, pending) for part in condition.any]
        return True if True in parts else None if None in parts else False
    if condition.field in answers:
        return condition.matches(answers[condition.field])
    return None if condition.field in pending else False


def fields_of(condition: Condition | None) -> frozenset[str]:
    """The field ids a condition looks at."""
    if condition is None:
        return frozenset()
    if isinstance(condition, AnyOf):
        return frozenset().union(*map(fields_of, condition.any))
    return frozenset({condition.field})

"""`Sealed[T]`: the personal fields of an event.

On the wire it is one compact JWE (RFC 7516; `dir`, A256GCM) whose protected header names the key (`kid`) and the
event (`eid`). In a decider it is the plain model, not yet sealed. It opens only by an explicit await
(`aktenlauf.kit.sealing`), so no code reads personal data by accident, and once the key is destroyed it gives
`Erased`, a value that pages can show.
"""

from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T", bound=BaseModel)


class Sealed(Generic[T]):
    """Either plain (made by a decider, `Sealed.of`) or a token (read from a log). Never both."""

    __slots__ = ("_model", "_plain", "_token")

    def __init__(self, model: type[T], *, plain: T | None = None, token: str | None = None) -> None:
        if (plain is None) == (token is None):
            raise ValueError("Sealed holds either a plain model or a token")
        self._model, self._plain, self._token = model, plain, token

    @classmethod
    def of(cls, plain: T) -> "Sealed[T]":
        """Mark `plain` for sealing at append."""
        return cls(type(plain), plain=plain)

    @property
    def model(self) -> type[T]:
        """The model that the opened content has."""
        return self._model

    @property
    def plain(self) -> T | None:
        """The content before sealing; None once it is sealed."""
        return self._plain

    @property
    def token(self) -> str | None:
        """The compact JWE; None before sealing."""
        return self._token

    def sealed_as(self, token: str) -> "Sealed[T]":
        """The same content as it will be stored."""
        return Sealed(self._model, token=token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and (self._plain, self._token) == (other._plain, other._token)

    def __hash__(self) -> int:
        return hash((self._plain, self._token))

    def __repr__(self) -> str:
        return f"Sealed[{self._model.__name__}]({'plain' if self._plain else 'token'})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (model,) = get_args(source)
        from_token = core_schema.no_info_after_validator_function(
            lambda token: cls(model, token=token), core_schema.str_schema(min_length=1)
        )
        return core_schema.json_or_python_schema(
            json_schema=from_token,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_token]),
            serialization=core_schema.plain_serializer_function_ser_schema(_token_or_refuse),
            metadata={"sealed_model": model},
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        model: type[BaseModel] = schema["metadata"]["sealed_model"]
        return {
            "type": "string",
            "title": f"Sealed {model.__name__}",
            "description": "Compact JWE (RFC 7516, dir, A256GCM); the header names the key (kid) and the event (eid).",
            "contentMediaType": "application/jose",
        }


def _token_or_refuse(value: Sealed[Any]) -> str:
    if value.token is None:
        raise ValueError(f"{value!r} must be sealed before it is written: personal data would be in the clear")
    return value.token

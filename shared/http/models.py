"""Bases of request and response bodies."""

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema

from shared.fields import MAX_TEXT
from shared.http.strict import strict_scalars

# More fields that nobody knows are not told one by one.
_MAX_UNKNOWN = 20


class RequestModel(BaseModel):
    """A body that a client sends: unknown fields are refused, and no value is taken for another type's."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_max_length=MAX_TEXT,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _require_end_to_unknown_fields(cls, value: Any) -> Any:
        # Each is an error of its own: a body full of them would keep the process from all else for a second.
        if isinstance(value, dict) and len(value) > len(cls.model_fields) + _MAX_UNKNOWN:
            raise ValueError("has far more fields than are known here")
        return value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the model's schema with strict scalars."""
        schema: CoreSchema = strict_scalars(handler(source))
        return schema


ReadVersion = Annotated[
    int,
    Field(
        ge=1, lt=2**31, description="The version that was read and is changed; if there is a newer one, 409."
    ),
]
"""Sent along with a change, so that nobody undoes what another wrote meanwhile: see `shared.errors.require_version`."""


class ResponseModel(BaseModel):
    """A body that we answer with."""

    model_config = ConfigDict(frozen=True, from_attributes=True, hide_input_in_errors=True)


class SecretResponse(ResponseModel):
    """A body that gives something to whoever holds it, as a token: it is never kept for a repeated Idempotency-Key."""

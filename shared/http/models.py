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

# Beyond so many unknown fields they are not reported one by one.
_MAX_UNKNOWN = 20


class RequestModel(BaseModel):
    """A body that a client sends: unknown fields are refused, and no value is converted from another type."""

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
        # Each is an error of its own: a body full of them would block the process for a second.
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
        ge=1, lt=2**31, description="The version that was read and is changed; 409 if there is a newer one."
    ),
]
"""Sent along with a change, so that nobody undoes what another wrote meanwhile: see `shared.errors.require_version`."""


class ResponseModel(BaseModel):
    """A body that we respond with."""

    model_config = ConfigDict(frozen=True, from_attributes=True, hide_input_in_errors=True)


class SecretResponse(ResponseModel):
    """A body that gives its holder access, such as a token: it is never stored for a repeated Idempotency-Key."""

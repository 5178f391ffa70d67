"""The base of sealed fields: one model per table, with a schema version."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class SealedFields(BaseModel):
    """Personal or free-text fields of one row. Raise SCHEMA with every change that `upgrade` must handle."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    SCHEMA: ClassVar[int] = 1

    @classmethod
    def upgrade(cls, schema: int, values: dict[str, Any]) -> dict[str, Any]:
        """Return values of an older schema in the current form; override when the form changes."""
        del schema
        return values

    def replaced(self, **changes: Any) -> Self:
        """Return a validated copy with some fields changed."""
        return type(self).model_validate({**self.model_dump(), **changes})

    # Sealed values must not leak into a log or a traceback through a printed object.
    def __repr__(self) -> str:
        return f"<{type(self).__name__} sealed>"

    __str__ = __repr__

"""The base of what is sealed: one model per table, with the version of its form."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class SealedFields(BaseModel):
    """Personal or free-text fields of one row. Raise SCHEMA with every change that `upgrade` must know of."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    SCHEMA: ClassVar[int] = 1

    @classmethod
    def upgrade(cls, schema: int, values: dict[str, Any]) -> dict[str, Any]:
        """Return values written under an older schema in today's form; override when the form changes."""
        del schema
        return values

    def replaced(self, **changes: Any) -> Self:
        """Return a validated copy with some fields changed."""
        return type(self).model_validate({**self.model_dump(), **changes})

    # What is sealed must not slip into a log or a traceback through a printed object.
    def __repr__(self) -> str:
        return f"<{type(self).__name__} sealed>"

    __str__ = __repr__

"""Text types used only by intake's bodies."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.fields import LanguageCode, Line

Languages = Annotated[list[LanguageCode], Field(max_length=20)]
Culture = Annotated[Line, StringConstraints(max_length=60)]

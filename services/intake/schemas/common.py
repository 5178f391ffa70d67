"""The kinds of text that only intake's bodies are made of."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.fields import LanguageCode, Line

Languages = Annotated[list[LanguageCode], Field(max_length=20)]
Culture = Annotated[Line, StringConstraints(max_length=60)]

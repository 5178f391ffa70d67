"""What an installation may set for training (prefix KRING_TRAINING_)."""

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class TrainingSettings(BaseSettings):
    """Settings of the training service."""

    model_config = SettingsConfigDict(env_prefix="KRING_TRAINING_", extra="ignore")

    suggestion_score: int = Field(
        default=75,
        ge=50,
        le=100,
        description="From how good a fit on (0 to 100) a name is suggested for a payment.",
    )


@cache
def training_settings() -> TrainingSettings:
    """Return the settings, read once."""
    return TrainingSettings()

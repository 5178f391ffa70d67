"""Training's subscriptions."""

from services.training.subscribers import subscriptions

__all__ = ["subscriptions"]

"""What training listens to."""

from services.training.subscribers import subscriptions

__all__ = ["subscriptions"]

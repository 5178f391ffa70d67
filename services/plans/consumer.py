"""Composition root of the consumer: the subscriptions of plans."""

from services.plans.subscribers import subscriptions

__all__ = ["subscriptions"]

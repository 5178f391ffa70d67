"""Composition root of the consumer: what plans hears."""

from services.plans.subscribers import subscriptions

__all__ = ["subscriptions"]

"""Composition root of the consumer: the portal knows organisations by name, as every service does."""

from shared.subscriptions import Subscriptions

subscriptions = Subscriptions("portal", of_cases=False)

__all__ = ["subscriptions"]

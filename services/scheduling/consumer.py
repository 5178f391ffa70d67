"""Composition root of the consumer: the subscriptions of scheduling. It sends no mail: network writes to people."""

from services.scheduling.subscribers import subscriptions

__all__ = ["subscriptions"]

"""Composition root of the consumer: what scheduling hears. It sends no mail: network writes to people."""

from services.scheduling.subscribers import subscriptions

__all__ = ["subscriptions"]

"""Intake's subscriptions, for the process that receives events."""

from services.intake.subscribers import subscriptions

__all__ = ["subscriptions"]

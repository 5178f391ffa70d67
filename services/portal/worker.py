"""Composition root of the worker: the portal has no workflows of its own, only housekeeping."""

workflows: tuple[type, ...] = ()

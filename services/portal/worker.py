"""Composition root of the worker: the portal has no workflows; sessions that ended are deleted."""

workflows: tuple[type, ...] = ()

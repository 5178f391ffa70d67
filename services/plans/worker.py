"""Composition root of the worker: the workflows of plans and their activities."""

from services.plans.workflows import WORKFLOWS

workflows = WORKFLOWS

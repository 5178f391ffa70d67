"""Composition root of the worker: the workflows of plans and what they have done."""

from services.plans.workflows import WORKFLOWS

workflows = WORKFLOWS

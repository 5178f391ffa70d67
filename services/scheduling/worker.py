"""Composition root of the worker: the workflows of scheduling and what they have done."""

from services.scheduling.workflows import WORKFLOWS

workflows = WORKFLOWS

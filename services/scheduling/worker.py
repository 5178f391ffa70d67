"""Composition root of the worker: the workflows of scheduling and their activities."""

from services.scheduling.workflows import WORKFLOWS

workflows = WORKFLOWS

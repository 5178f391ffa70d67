"""Puts network's workflows and activities together."""

from services.network.workflows import WORKFLOWS

workflows = WORKFLOWS

"""Assembles network's workflows and activities."""

from services.network.workflows import WORKFLOWS

workflows = WORKFLOWS

"""Intake's workflows and activities, for the process that runs them."""

from services.intake.workflows import WORKFLOWS

workflows = WORKFLOWS

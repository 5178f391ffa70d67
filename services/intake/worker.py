"""Intake's workflows and activities, for the process that runs them."""

from services.intake.operations import daily_mail
from services.intake.workflows import WORKFLOWS

workflows = WORKFLOWS
sweeps = {"daily mail": daily_mail.sweep}

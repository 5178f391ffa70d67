"""Assembles network's subscriptions and the sending of its mails."""

from services.network import emails
from services.network.subscribers import subscriptions
from shared import messages

__all__ = ["subscriptions"]

messages.install(
    subscriptions, templates=emails.TEMPLATES, writer=emails.write, on_outcome=emails.note_outcome
)

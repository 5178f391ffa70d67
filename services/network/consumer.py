"""Puts network's subscriptions together, with the sending of its mails."""

from services.network import letters
from services.network.subscribers import subscriptions
from shared import messages

__all__ = ["subscriptions"]

messages.install(
    subscriptions, templates=letters.TEMPLATES, writer=letters.write, teller=letters.tell_outcome
)

"""Network owns the people of a case from its opening.

Who they are, how they relate to the central person, who proposed whom, what they consented to in which text and who is
asked about a minor, whether they were invited and what they answered, their personal links, and every mail to them.

Publishes `network.*` (person, contact, consent, authority, invitation, circle, message, clock). Consumes the opening,
pausing and stopping of cases and the assignment of coordinators from intake, and the command `network.notify-people.v1`
from anyone.
"""

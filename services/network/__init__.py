"""Network owns the people of a case from its opening.

It holds who they are, how they relate to the central person, who proposed whom, their consents and the text
version of each, who is asked on behalf of a minor, their invitations and answers, their personal links, and
every mail to them.

Publishes `network.*` (person, contact, consent, authority, invitation, circle, message, clock). Consumes the
opening, pausing and stopping of cases and the assignment of coordinators from intake, and the command
`network.notify-people.v1` from any service.
"""

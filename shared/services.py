"""The names of the services."""

SERVICES = ("intake", "network", "scheduling", "plans", "training")
# The web pages: they own no personal data, and ask the services for everything in the reader's name.
PORTAL = "portal"
# Everything that runs as a process of its own.
PROCESSES = (*SERVICES, PORTAL)
# Those that hold data of cases, and confirm when it is erased.
SERVICES_WITH_CASES = ("intake", "network", "scheduling", "plans")
# Those that send mail themselves; the others have network mail the people of a case.
SERVICES_WITH_MAIL = ("intake", "network", "training")
# The process's name in Temporal: a namespace of its own.
NAMESPACE = "kring-{service}"
# The one that exchanges personal links for tokens, and so the only one that may vouch for people of a case.
SERVICE_WITH_LINKS = "network"

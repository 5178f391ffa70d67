"""HTTP to operations: conferences, polls, one's own polls, and what an organisation sets."""

from services.scheduling.routes import conferences, own, policies, polls

routers = [conferences.router, polls.router, own.router, policies.router]

__all__ = ["routers"]

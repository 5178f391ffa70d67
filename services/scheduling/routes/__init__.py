"""HTTP to operations: conferences, polls, one's own polls, and what an organisation sets."""

from services.scheduling.routes import conferences, copies, own, policies, polls

routers = [conferences.router, polls.router, own.router, policies.router, copies.router]

__all__ = ["routers"]

"""HTTP to operations: conferences, polls, one's own polls, and the organisation's settings."""

from services.scheduling.routes import conferences, copies, feeds, givers, notes, own, polls, venues
from services.scheduling.settings import policies
from shared.http.policies import policy_router

routers = [
    conferences.router,
    givers.router,
    notes.router,
    venues.router,
    polls.router,
    own.router,
    feeds.router,
    policy_router(policies),
    copies.router,
]

__all__ = ["routers"]

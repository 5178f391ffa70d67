"""HTTP to operations: plans, agreements, check-ins, and the organisation's settings."""

from services.plans.routes import agreements, calls, check_ins, copies, plans
from services.plans.settings import policies
from shared.http.policies import policy_router

routers = [
    plans.router,
    agreements.router,
    check_ins.router,
    calls.router,
    policy_router(policies),
    copies.router,
]

__all__ = ["routers"]

"""HTTP to operations: plans, agreements, check-ins, and what an organisation sets."""

from services.plans.routes import agreements, check_ins, copies, plans, policies

routers = [plans.router, agreements.router, check_ins.router, policies.router, copies.router]

__all__ = ["routers"]

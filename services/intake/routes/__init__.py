"""Intake's API, by what it is about."""

from services.intake.routes import (
    baseline,
    cases,
    copies,
    erasing,
    keeping,
    offers,
    openings,
    policy,
    referrals,
    register,
    statistics,
)

# What is asked most comes first: an address is looked for in this order.
routers = [
    referrals.router,
    cases.router,
    offers.router,
    baseline.router,
    register.router,
    policy.router,
    erasing.router,
    keeping.router,
    openings.router,
    copies.router,
    statistics.router,
]

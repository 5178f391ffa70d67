"""Intake's API, by what it is about."""

from services.intake.routes import baseline, cases, offers, policy, referrals, register

routers = [
    register.router,
    policy.router,
    referrals.router,
    cases.router,
    offers.router,
    baseline.router,
]

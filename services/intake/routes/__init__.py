"""Intake's API, by what it is about."""

from services.intake.operations.erasing import erasures
from services.intake.routes import (
    baseline,
    break_glass,
    cases,
    copies,
    daily_mail,
    erasing,
    me,
    offers,
    referrals,
    register,
    retention,
    statistics,
)
from services.intake.settings import policies
from shared.http.erasing import erasures_router
from shared.http.gates import PolicyReader
from shared.http.policies import policy_router

# The most requested first: routes are matched in this order.
routers = [
    referrals.router,
    cases.router,
    offers.router,
    baseline.router,
    register.router,
    policy_router(policies, reader=PolicyReader),
    erasing.router,
    erasures_router(erasures),
    retention.router,
    break_glass.router,
    copies.router,
    daily_mail.router,
    me.router,
    statistics.router,
]

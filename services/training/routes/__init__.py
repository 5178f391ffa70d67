"""Training's API."""

from services.training.operations.erasing import erasures
from services.training.permissions import TermsKeeper
from services.training.routes import catalogue, erasing, money, registrations
from services.training.settings import policies
from shared.http.erasing import erasures_router
from shared.http.policies import policy_router

routers = [
    catalogue.router,
    registrations.router,
    money.router,
    erasing.router,
    erasures_router(erasures),
    policy_router(policies, setter=TermsKeeper, reader=TermsKeeper),
]

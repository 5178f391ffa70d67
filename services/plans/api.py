"""Composition root of the API."""

from fastapi import FastAPI

from services.plans.models import Base
from services.plans.routes import routers
from shared.context import Context
from shared.http import create_service_app, own_audit_log


def create_app(context: Context) -> FastAPI:
    """Return the API of plans."""
    return create_service_app(context, title="Kring plans", routers=[*routers, own_audit_log(Base)])

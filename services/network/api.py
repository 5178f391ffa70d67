"""Assembles network's API."""

from fastapi import FastAPI

from services.network.models import Base
from services.network.routes import routers
from shared.context import Context
from shared.http import create_service_app, own_audit_log


def create_app(context: Context) -> FastAPI:
    """Return network's app."""
    return create_service_app(context, title="Kring network", routers=[*routers, own_audit_log(Base)])

"""Composition root of the API."""

from fastapi import FastAPI

from services.scheduling.models import Base
from services.scheduling.routes import routers
from shared.context import Context
from shared.http import create_service_app, own_audit_log


def create_app(context: Context) -> FastAPI:
    """Return the API of scheduling."""
    return create_service_app(context, title="Kring scheduling", routers=[*routers, own_audit_log(Base)])

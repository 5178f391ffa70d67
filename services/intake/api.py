"""Intake's API, for the process that answers requests."""

from fastapi import FastAPI

from services.intake.models import Base
from services.intake.routes import routers
from shared.context import Context
from shared.http import create_service_app, own_audit_log


def create_app(context: Context) -> FastAPI:
    """Return the app that serves intake."""
    return create_service_app(context, title="Kring intake", routers=[*routers, own_audit_log(Base)])

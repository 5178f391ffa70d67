"""The API of training."""

from fastapi import FastAPI

from services.training.routes import routers
from shared.context import Context
from shared.http import create_service_app


def create_app(context: Context) -> FastAPI:
    """Return the app that serves training's API."""
    return create_service_app(context, title="Kring training", routers=routers)

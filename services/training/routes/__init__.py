"""Training's API."""

from services.training.routes import catalogue, money, registrations

routers = [catalogue.router, registrations.router, money.router]

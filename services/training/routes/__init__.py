"""Training's API."""

from services.training.routes import catalogue, erasing, money, registrations

routers = [catalogue.router, registrations.router, money.router, erasing.router]

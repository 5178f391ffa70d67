"""Fixtures of the tests of shared parts."""

from tests.integration.shared.http_fixtures import running_service, service

__all__ = ["running_service", "service"]

"""Fixtures of the tests of shared parts."""

from tests.integration.shared.http_fixtures import plain_logs, running_service, service

__all__ = ["plain_logs", "running_service", "service"]

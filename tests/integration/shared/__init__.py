"""Shared parts on the real things they talk to."""

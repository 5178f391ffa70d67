"""Tests of plans on a real PostgreSQL."""

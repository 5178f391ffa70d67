"""Tests on real parts: PostgreSQL, RabbitMQ, Temporal."""

"""Foundations of all Kring services: transactions, events, workflows, HTTP, keys. It knows no service."""

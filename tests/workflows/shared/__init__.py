"""Tests of the workflows that all services have."""

"""Tests of workflows, on a Temporal server that skips time, and against recorded histories."""

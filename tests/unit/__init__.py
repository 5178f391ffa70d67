"""Tests of what needs no other process."""

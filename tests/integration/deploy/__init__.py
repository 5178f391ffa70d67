"""Tests of running Kring."""

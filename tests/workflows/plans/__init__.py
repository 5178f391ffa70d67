"""Tests of the follow-up."""

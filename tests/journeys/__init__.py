"""Whole stories on whole platforms."""

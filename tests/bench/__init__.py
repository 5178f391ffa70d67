"""Benchmarks: what Kring costs, each as a ratio to a bare baseline that does the same work beside it."""

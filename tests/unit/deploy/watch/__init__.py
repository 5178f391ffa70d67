"""Watching a platform, without one."""

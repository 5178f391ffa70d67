"""Errors of starting a platform, each as one sentence for the person who typed the command."""


class PlatformError(Exception):
    """One clear sentence about why the platform cannot do what was requested."""


class PartFailed(PlatformError):
    """A part ended, or did not become ready in time."""

"""Bodies of intake's API."""

"""Each service, populated."""

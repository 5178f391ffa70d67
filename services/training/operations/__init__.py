"""Training's use cases: each takes a session and never commits."""

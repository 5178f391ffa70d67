"""Training's history of its database."""

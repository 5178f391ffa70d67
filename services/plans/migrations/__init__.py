"""The history of the database of plans."""

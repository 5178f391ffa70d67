"""The history of the database of scheduling."""

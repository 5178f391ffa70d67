"""Network's database, step by step."""

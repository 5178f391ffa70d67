"""intake's database, step by step."""

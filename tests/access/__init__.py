"""Who gets in where, held against one written table."""

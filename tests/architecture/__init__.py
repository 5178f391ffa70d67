"""Rules for all code, as small checks over the syntax tree."""

"""Rules of the house as small checks over the syntax tree."""

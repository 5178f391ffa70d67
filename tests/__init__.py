"""All tests of Kring, by what they need: nothing (unit), real parts (the rest)."""

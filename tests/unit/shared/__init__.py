"""Rules of the shared parts that need nothing around them."""

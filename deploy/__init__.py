"""Running Kring: the `kring` command, the platform on one machine, and what is needed to run it elsewhere."""

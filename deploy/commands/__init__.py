"""The `kring` commands; each is imported only when it is used."""

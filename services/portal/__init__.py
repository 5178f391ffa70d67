"""The web pages of Kring: everything that people do here, done on a page in a browser."""

"""Erasing across intake, network, scheduling and plans: real services, with their events carried by hand."""

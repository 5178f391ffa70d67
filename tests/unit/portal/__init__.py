"""What the portal is made of."""

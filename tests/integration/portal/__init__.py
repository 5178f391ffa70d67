"""The portal on its own database."""

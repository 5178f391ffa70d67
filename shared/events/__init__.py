"""The published language: every event and command of the platform, by publisher. Ids, codes and dates only."""

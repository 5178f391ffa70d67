"""What others rely on: the shapes of events and APIs, held against committed snapshots."""

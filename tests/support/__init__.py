"""What tests share: the real parts they run on, and how they wait."""

"""Stories as data, without a platform."""

"""Stories that the demo plays; `people` says who is in those that are told together."""

"""Stories that the demo plays; `people` lists the people of those that belong together."""

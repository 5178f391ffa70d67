"""Plays stories: cases and registrations through the public APIs, on a platform whose time skips.

`deploy/stories/README.md` explains how to write one. From the outside in: `player` (the command), `display` and
`report`, `story` (time and steps), `expectations` (what must hold), `staff`, `coordinator` and `person` (what
they do and see, through the APIs), based on what all of them share in `acting`, `api` (requests), `lanes`
(parts on one timeline) and `things` (the subjects of a story). `deploy.watch` observes what the platform did,
and when its time may move.
"""

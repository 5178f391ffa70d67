"""Plays stories: cases and registrations through the public APIs, on a platform whose time skips.

`deploy/stories/README.md` says how a story is written. From the outside in: `player` (the command), `display` and
`report`, `story` (time and steps), `expectations` (what must hold), `staff`, `coordinator` and `person` (what they do
and see, through the APIs) on what all of them share in `acting`, `api` (requests), `lanes` (parts on one timeline) and
`things` (what is mentioned). What the platform did, and when its time may move, is seen by `deploy.watch`.
"""

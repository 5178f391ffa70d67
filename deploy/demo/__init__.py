"""Plays stories: cases and registrations through the public APIs, on a platform whose time skips.

`deploy/stories/README.md` says how a story is written. From the outside in: `player` (the command), `display` and
`report`, `story` (time and expectations), `api_hand` (how: HTTP, with its `client` and the table `api_calls`), `hand`
(what people do), `lanes` (parts on one timeline) and `values` (what is mentioned). What the platform did, and when its
time may move, is seen by `deploy.watch`.
"""

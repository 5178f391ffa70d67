"""Plays stories: cases and registrations through the public APIs, on a platform whose time skips.

`deploy/stories/README.md` says how a story is written. From the outside in: `player` (the command), `display` and
`report`, `story` (time and expectations), `hand` (what people do), `api_hand` (how: HTTP), `settling` (when time may
move), `ledger`, `workflows` and `mailbox` (what the platform did).
"""

"""`kring dead-letters`: listing, replaying and discarding the messages that could not be handled."""

import argparse
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict

from deploy.local.errors import PlatformError
from shared.dead_letters import DeadLetter, discarded, listed, replayed, shown
from shared.settings import Settings


async def run(options: argparse.Namespace, *, services: Sequence[str]) -> int:
    """Do what the command line says."""
    for library in ("aio_pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what matters of it becomes our one sentence
    settings = Settings()
    if options.action == "list":
        _print_list(await listed(settings, services=services), as_json=options.json)
        return 0
    if options.action == "show":
        return _print_one(await shown(settings, services=services, letter_id=options.id), options.id)
    wanted = _choice(options)
    if options.action == "replay":
        count, done = await replayed(settings, services=services, wanted=wanted), "sent back"
    else:
        count, done = await discarded(settings, services=services, wanted=wanted), "thrown away"
    print(json.dumps({"count": count}) if options.json else f"{count} {done}.")
    return 0 if count or options.all else 1


def _choice(options: argparse.Namespace) -> Callable[[DeadLetter], bool]:
    chosen = [option for option in (options.id, options.cause, options.all) if option]
    if len(chosen) != 1:
        raise PlatformError("Say which: the id of one, --cause CAUSE, or --all.")
    if options.all:
        return lambda _letter: True
    return lambda letter: letter.id == options.id or letter.cause == options.cause


def _print_list(letters: Sequence[DeadLetter], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(letter) for letter in letters], indent=1))
        return
    groups: dict[tuple[str, str, str], list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        groups[letter.service, letter.kind, letter.cause].append(letter)
    for (service, kind, cause), members in sorted(groups.items()):
        print(f"{service}: {len(members)} because of {cause} ({kind})")
        for letter in members:
            print(f"  {letter.id}  {letter.type}  {letter.died_at}  after {letter.attempts} attempts")
    print(f"{len(letters)} dead letters." if letters else "No dead letters.")


def _print_one(found: tuple[DeadLetter, str | None] | None, letter_id: str) -> int:
    if found is None:
        raise PlatformError(f"There is no dead letter with the id {letter_id}.")
    letter, event = found
    print(json.dumps({**asdict(letter), "event": json.loads(event) if event else None}, indent=1))
    return 0

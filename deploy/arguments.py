"""The command line of `kring`: commands and their options. A command is imported only when it is used."""

import argparse
from pathlib import Path
from typing import Any

from deploy.argument_types import (
    ROLES,
    add_directory,
    looks_after,
    port,
    process,
    process_or_codec,
    roles,
    service,
    services_here,
)
from deploy.commands.documents import version
from deploy.data_arguments import add_data
from shared.services import PROCESSES


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; its result has an async `command` to call with it."""
    every = argparse.ArgumentParser(prog="kring", description="Run Kring and look after it.")
    every.add_argument("--version", action="version", version=f"kring {version()}")
    commands = every.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_platform(commands)
    _add_service(commands)
    _add_secrets(commands)
    add_data(commands)
    _add_documents(commands)
    _add_token(commands)
    _add_dead_letters(commands)
    _add_waiting(commands)
    _add_workflows(commands)
    return every


def _add_platform(commands: Any) -> None:
    up = commands.add_parser("up", help="start all of Kring on this machine, until Ctrl-C")
    add_directory(up)
    up.add_argument(
        "--port",
        type=port,
        action="append",
        default=[],
        metavar="PART=NUMBER",
        help="port of a part, e.g. intake=8001; may be repeated",
    )
    up.add_argument(
        "--service",
        type=process,
        action="append",
        metavar="NAME",
        help="only this one; may be repeated",
    )
    up.add_argument(
        "--empty", action="store_true", help="do not fill an empty directory with an example organisation"
    )
    up.set_defaults(command=_up)
    status = commands.add_parser("status", help="ask every part for its state")
    add_directory(status)
    status.add_argument(
        "--json", action="store_true", help="as JSON: state, address and process id of every part"
    )
    status.set_defaults(command=_status)
    restart = commands.add_parser("restart", help="restart one service of a running `kring up`")
    restart.add_argument("service", type=process_or_codec)
    add_directory(restart)
    restart.set_defaults(command=_restart)
    demo = commands.add_parser("demo", help="play a story on a throw-away platform")
    demo.add_argument("--story", type=Path, help="what to play: a file, or the name of one in deploy/stories")
    demo.add_argument("--report", type=Path, help="where to write what happened, as JSON")
    demo.add_argument("--keep", action="store_true", help="leave the platform up afterwards, until Ctrl-C")
    demo.add_argument(
        "--pictures", type=Path, help="let people act in a browser, and keep pictures of what they see"
    )
    demo.set_defaults(command=_demo)


def _add_service(commands: Any) -> None:
    serve = commands.add_parser("serve", help="run one service in this process")
    serve.add_argument(
        "service",
        type=process_or_codec,
        help=f"{', '.join(PROCESSES)}; or codec, for Temporal's web UI",
    )
    serve.add_argument("--role", type=roles, default=set(ROLES), help="some of api,consumer,worker (all)")
    serve.set_defaults(command=serve_one)
    migrate = commands.add_parser("migrate", help="bring databases, queues and Temporal up to date")
    looks_after(migrate)
    migrate.add_argument("service", type=process, nargs="*", help="only these (default: all)")
    migrate.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="how long to wait for the server"
    )
    migrate.add_argument(
        "--only", action="append", choices=("databases", "queues", "temporal"), help="may be repeated (all)"
    )
    migrate.set_defaults(command=_migrate)


def _add_secrets(commands: Any) -> None:
    secrets = commands.add_parser("secrets", help="make the missing keys of an installation")
    secrets.add_argument("directory", type=Path)
    secrets.add_argument(
        "--rotate",
        choices=("begin", "switch", "finish"),
        help="replace logins, tokens, signing keys and codec keys of services, in three steps",
    )
    secrets.add_argument("--now", action="store_true", help="finish although dead letters may wait")
    secrets.set_defaults(command=_secrets)


def _add_documents(commands: Any) -> None:
    openapi = commands.add_parser("openapi", help="print the description of a service's API")
    openapi.add_argument("service", type=service)
    openapi.set_defaults(command=_openapi)
    asyncapi = commands.add_parser("asyncapi", help="print the description of all events")
    asyncapi.set_defaults(command=_asyncapi)


def _add_token(commands: Any) -> None:
    token = commands.add_parser("token", help="print a token for local use")
    who = token.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--as", dest="demo_user", metavar="ROLE", help="the demo user of a role, always the same one"
    )
    who.add_argument("--role", action="append", default=[], help="somebody with this role; may be repeated")
    token.add_argument("--organisation", metavar="ID", help="the organisation whose staff it is")
    token.add_argument("--subject", metavar="ID", help="the person's id (a new one)")
    token.add_argument(
        "--secrets", type=Path, help="the directory of keys (KRING_SECRETS_DIR, else .kring/secrets)"
    )
    token.set_defaults(command=_token)
    subject = commands.add_parser("subject", help="print the Kring id of a member of staff")
    subject.add_argument("name", help="their id at the issuer: the claim sub of their tokens")
    subject.add_argument("--issuer", required=True, help="the issuer's name in issuers.json")
    subject.add_argument(
        "--secrets", type=Path, help="the directory of keys (KRING_SECRETS_DIR, else .kring/secrets)"
    )
    subject.set_defaults(command=_subject)


def _add_dead_letters(commands: Any) -> None:
    letters = commands.add_parser("dead-letters", help="messages that could not be handled")
    actions = letters.add_subparsers(metavar="ACTION", required=True)
    for action, text in (
        ("list", "list them, grouped by cause"),
        ("show", "show one"),
        ("replay", "send them back to where they failed"),
        ("discard", "throw them away"),
    ):
        one = actions.add_parser(action, help=text)
        looks_after(one)
        if action != "list":
            one.add_argument("id", nargs=None if action == "show" else "?", help="the id of one dead letter")
        if action in ("replay", "discard"):
            one.add_argument("--cause", help="all with this cause")
            one.add_argument("--all", action="store_true", help="all")
        one.add_argument("--service", type=service, help="only of this service")
        one.add_argument("--json", action="store_true", help="as JSON")
        one.set_defaults(command=_dead_letters, action=action)


def _add_waiting(commands: Any) -> None:
    deadlines = commands.add_parser("deadlines", help="what is due, whose turn it is, and what is late")
    deadlines.add_argument("--late", action="store_true", help="only what is late")
    deadlines.add_argument("--kind", help="only of this kind")
    deadlines.set_defaults(command=_waiting, what="deadlines")
    outbox = commands.add_parser("outbox", help="unpublished events: where they are stuck, and since when")
    outbox.set_defaults(command=_waiting, what="outbox")
    for one in (deadlines, outbox):
        looks_after(one)
        one.add_argument("--service", type=service, help="only of this service")
        one.add_argument("--most", type=int, default=100, help="lines of each service (%(default)s)")
        one.add_argument("--json", action="store_true", help="as JSON")


def _add_workflows(commands: Any) -> None:
    workflows = commands.add_parser("workflows", help="workflows in Temporal")
    actions = workflows.add_subparsers(metavar="ACTION", required=True)
    rebuild = actions.add_parser(
        "rebuild", help="start every workflow that should run according to the databases and does not"
    )
    looks_after(rebuild)
    rebuild.add_argument("--service", type=service, help="only of this service")
    rebuild.set_defaults(command=_rebuild_workflows)


async def _up(options: argparse.Namespace) -> int:
    from deploy.commands.up import up

    return await up(
        directory=options.directory,
        ports=dict(options.port),
        services=options.service or PROCESSES,
        empty=options.empty,
    )


async def _status(options: argparse.Namespace) -> int:
    from deploy.commands.status import status

    return await status(directory=options.directory, as_json=options.json)


async def _restart(options: argparse.Namespace) -> int:
    from deploy.commands.status import restart

    return await restart(options.service, directory=options.directory)


async def _demo(options: argparse.Namespace) -> int:
    from deploy.demo.player import demo

    return await demo(
        story=options.story, report=options.report, keep=options.keep, pictures=options.pictures
    )


async def serve_one(options: argparse.Namespace) -> int:
    """Run one service, or the decoder for Temporal's web UI."""
    from deploy.commands.serve import serve, serve_codec

    if options.service == "codec":
        return await serve_codec()
    return await serve(options.service, roles=options.role)


async def _migrate(options: argparse.Namespace) -> int:
    from deploy.commands.migrate import PARTS, migrate

    return await migrate(
        options.service or list(PROCESSES), wait_seconds=options.wait, parts=options.only or PARTS
    )


async def _secrets(options: argparse.Namespace) -> int:
    from deploy.commands.secrets import secrets

    return secrets(options.directory, rotate=options.rotate, now=options.now)


async def _openapi(options: argparse.Namespace) -> int:
    from deploy.commands.documents import openapi

    return await openapi(options.service)


async def _asyncapi(_options: argparse.Namespace) -> int:
    from deploy.commands.documents import asyncapi

    return asyncapi()


async def _token(options: argparse.Namespace) -> int:
    from deploy.commands.token import token

    return token(
        demo_user=options.demo_user,
        roles=options.role,
        organisation=options.organisation,
        subject=options.subject,
        secrets=options.secrets,
    )


async def _subject(options: argparse.Namespace) -> int:
    from deploy.commands.subject import subject

    return subject(issuer=options.issuer, name=options.name, secrets=options.secrets)


async def _dead_letters(options: argparse.Namespace) -> int:
    from deploy.commands import dead_letters

    services = [options.service] if options.service else list(PROCESSES)
    return await dead_letters.run(options, services=services)


async def _waiting(options: argparse.Namespace) -> int:
    from deploy.commands import waiting

    return await {"deadlines": waiting.deadlines, "outbox": waiting.outbox}[options.what](options)


async def _rebuild_workflows(options: argparse.Namespace) -> int:
    from deploy.commands.workflows import rebuild

    return await rebuild(await services_here(options))

"""Command line for stored data: the keys of sealed data, backups, the audit log."""

import argparse
from pathlib import Path
from typing import Any

from deploy.argument_types import looks_after, process, service, services_here
from shared.retention import AUDIT_YEARS


def add_data(commands: Any) -> None:
    """Add these commands to `kring`."""
    _add_vault(commands)
    _add_backups(commands)
    _add_audit_log(commands)


def _add_vault(commands: Any) -> None:
    vault = commands.add_parser("vault", help="the keys of sealed data")
    actions = vault.add_subparsers(metavar="ACTION", required=True)
    for action, text in (
        ("status", "count the keys of subjects by the master key that wraps them"),
        ("rotate", "wrap all keys with today's master key; may be begun again at any time"),
        ("reindex", "rebuild indexes of an older version; may be interrupted and repeated"),
    ):
        one = actions.add_parser(action, help=text)
        looks_after(one)
        one.set_defaults(command=_vault, action=action)
    apply = actions.add_parser("apply-ledger", help="repeat erasures, after a restore")
    looks_after(apply)
    apply.add_argument(
        "--from", dest="kept", type=Path, metavar="FILE", help="an exported ledger, kept elsewhere"
    )
    apply.set_defaults(command=_apply_ledger)
    export = actions.add_parser("export-ledger", help="append erasures to a file that is kept elsewhere")
    looks_after(export)
    export.add_argument("file", type=Path, metavar="FILE")
    export.set_defaults(command=_export_ledger)


def _add_backups(commands: Any) -> None:
    backup = commands.add_parser(
        "backup", help="export the ledger, and back up every database; verifies each"
    )
    backup.set_defaults(command=_backup)
    restore = commands.add_parser("restore", help="restore the missing databases, and repeat erasures")
    restore.add_argument("day", help="of which day, as in 2026-03-02")
    restore.add_argument(
        "--without",
        type=process,
        action="append",
        default=[],
        metavar="NAME",
        help="a service that never ran here, and begins empty (may be repeated)",
    )
    restore.set_defaults(command=_restore)
    for one in (backup, restore):
        looks_after(one)
        one.add_argument(
            "--databases", type=Path, required=True, help="where the backups of services are kept"
        )
        one.add_argument(
            "--keys", type=Path, required=True, help="where the backups of keys are kept: elsewhere"
        )
        one.add_argument(
            "--ledger", type=Path, required=True, help="the file with the erasures: in a third place"
        )


def _add_audit_log(commands: Any) -> None:
    audit_log = commands.add_parser("audit-log", help="who read or changed what")
    actions = audit_log.add_subparsers(metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="recompute the chains, and name the first break")
    looks_after(verify)
    verify.add_argument("service", type=service, nargs="?", help="only this one (all)")
    verify.add_argument(
        "--kept", metavar="NUMBER:DIGEST", help="a seal that was noted elsewhere, and must still be there"
    )
    verify.set_defaults(command=_verify_audit_log)
    shorten = actions.add_parser(
        "shorten", help="delete entries past their retention; the rest still verifies"
    )
    looks_after(shorten)
    shorten.add_argument("service", type=service, nargs="?", help="only this one (all)")
    shorten.add_argument(
        "--years", type=int, default=AUDIT_YEARS, help="how long entries are kept (%(default)s)"
    )
    shorten.set_defaults(command=_shorten_audit_log)


async def _vault(options: argparse.Namespace) -> int:
    from deploy.commands import vault

    return await {"status": vault.status, "rotate": vault.rotate, "reindex": vault.reindex}[options.action]()


async def _apply_ledger(options: argparse.Namespace) -> int:
    from deploy.commands import vault

    return await vault.apply_ledger(options.kept)


async def _export_ledger(options: argparse.Namespace) -> int:
    from deploy.commands import vault

    return await vault.export_ledger(options.file)


async def _verify_audit_log(options: argparse.Namespace) -> int:
    from deploy.commands.audit_log import verify

    return await verify(await services_here(options), kept=options.kept)


async def _shorten_audit_log(options: argparse.Namespace) -> int:
    from deploy.commands.audit_log import shorten_all

    return await shorten_all(await services_here(options), years=options.years)


async def _backup(options: argparse.Namespace) -> int:
    from deploy.commands.backups import backup

    return await backup(directory=options.databases, keys=options.keys, ledger=options.ledger)


async def _restore(options: argparse.Namespace) -> int:
    from deploy.commands.backups import restore

    return await restore(
        options.day,
        directory=options.databases,
        keys=options.keys,
        ledger=options.ledger,
        without=options.without,
    )

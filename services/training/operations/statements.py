"""Importing a bank statement: each entry once, whichever files it comes with, given to a registration if sure."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import PaymentKind, PaymentState, is_communication
from services.training.matching import Candidate, Suggestion, communications_in, suggest
from services.training.models import PaymentRow, RegistrationRow, StatementRow, Transfer
from services.training.operations import payments
from services.training.statements import BankEntry, Statement
from shared import locks
from shared.ids import uuid7
from shared.vault import BlindIndex, Vault

_SURE = 100
# What is indexed; the words are part of the digests.
_ENTRY, _REFERENCE = "bank entry", "bank reference"


@dataclass(frozen=True)
class Import:
    """What a file was made into; `fresh`: it had not been imported before."""

    statement: StatementRow
    fresh: bool


@dataclass
class _Known:
    """What is looked up once for a whole file."""

    seen: dict[bytes, UUID]
    registrations: dict[str, tuple[RegistrationRow, str | None]]
    guesses: dict[bytes, list[Suggestion]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Entry:
    """An entry with what it is recognised by, and the communications that it holds."""

    entry: BankEntry
    fingerprint: bytes
    # As it stands in what was imported before, whichever version that has.
    fingerprints: list[bytes]
    references: list[bytes]
    references_known: list[bytes]
    structured: str | None
    communications: tuple[str, ...]


async def import_statement(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    content: bytes,
    statement: Statement,
    threshold: int,
    now: datetime,
) -> Import:
    """Take in a file's credits and reversals on the accounts to which the organisation lets people pay.

    The same file again changes nothing; an entry that came with another file is only pointed at.
    """
    digest = sha256(content).digest()
    await locks.hold(session, "money", tenant)
    before = await queries.statement_with(session, tenant=tenant, digest=digest)
    if before is not None:
        return Import(before, fresh=False)
    accounts = await queries.accounts(session, tenant=tenant)
    ours = [entry for entry in statement.entries if entry.account in accounts]
    row = StatementRow(
        id=uuid7(),
        tenant=tenant,
        digest=digest,
        format=statement.format,
        entries=[],
        ignored=statement.ignored + len(statement.entries) - len(ours),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    entries = _recognised(await vault.blind_index(session, tenant=tenant), ours)
    known = await _look_up(session, vault, tenant=tenant, entries=entries, threshold=threshold, now=now)
    # Set as a whole: changes inside a JSON list would go unnoticed.
    taking = _Taking(session, vault, row, known, now)
    row.entries = [await taking.take_in(item) for item in entries]
    await session.flush()
    return Import(row, fresh=True)


def _recognised(index: BlindIndex, entries: Sequence[BankEntry]) -> list[_Entry]:
    found: list[_Entry] = []
    times: Counter[str] = Counter()
    for entry in entries:
        marks = [entry.account, str(entry.amount), entry.booked_on.isoformat(), str(entry.reversal)]
        marks += (
            [entry.bank_reference, *entry.references]
            if entry.bank_reference
            else [entry.payer_iban, entry.payer_name, entry.structured, entry.text, *entry.references]
        )
        mark = "\x1f".join(marks)
        times[mark] += 1
        # Two equal entries of one file are two payments.
        counted = f"{mark}\x1f{times[mark]}"
        references = sorted({*entry.references, entry.bank_reference} - {""})
        digits = "".join(character for character in entry.structured if character.isdecimal())
        structured = digits if is_communication(digits) else None
        texts = communications_in(f"{entry.structured} {entry.text}")
        found.append(
            _Entry(
                entry=entry,
                fingerprint=index.of(_ENTRY, plain=counted),
                fingerprints=index.known(_ENTRY, plain=counted),
                references=sorted(index.of(_REFERENCE, plain=reference) for reference in references),
                references_known=[
                    one for reference in references for one in index.known(_REFERENCE, plain=reference)
                ],
                structured=structured,
                communications=tuple([structured] if structured else texts),
            )
        )
    return found


async def _look_up(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    entries: list[_Entry],
    threshold: int,
    now: datetime,
) -> _Known:
    wanted = {older: item.fingerprint for item in entries for older in item.fingerprints}
    payments_seen = await queries.known_payments(session, tenant=tenant, fingerprints=list(wanted))
    seen = {wanted[older]: payment_id for older, payment_id in payments_seen.items()}
    named = {communication for item in entries for communication in item.communications}
    known = _Known(seen, await queries.registrations_with(session, tenant=tenant, communications=named))
    unclear = {
        item.fingerprint: item.entry
        for item in entries
        if item.fingerprint not in seen and not item.entry.reversal and not _registrations_of(item, known)
    }
    if unclear:
        possible = await queries.payers(session, vault, tenant=tenant, now=now)
        # Comparing names is plain work that would hold up everyone else's requests.
        known.guesses = await asyncio.to_thread(_guess, unclear, possible, threshold)
    return known


def _guess(
    unclear: dict[bytes, BankEntry], possible: list[queries.Payer], threshold: int
) -> dict[bytes, list[Suggestion]]:
    by_account: dict[str, list[Candidate]] = {}
    for payer in possible:
        row = payer.registration
        candidate = Candidate(row.id, payer.participant.name, payer.place, row.price)
        by_account.setdefault(payer.account_iban, []).append(candidate)
    return {
        fingerprint: suggest(
            by_account.get(entry.account, []),
            payer=entry.payer_name,
            text=entry.text,
            amount=entry.amount,
            threshold=threshold,
        )
        for fingerprint, entry in unclear.items()
    }


def _registrations_of(item: _Entry, known: _Known) -> list[RegistrationRow]:
    """Return the registrations whose communications an entry holds, if they are paid to this account.

    Of one that was erased nobody knows any more whose it was: a person decides what becomes of the money.
    """
    found = [known.registrations[one] for one in item.communications if one in known.registrations]
    return [row for row, account in found if account == item.entry.account and row.erased_at is None]


@dataclass(frozen=True)
class _Taking:
    """Takes in the entries of one file."""

    session: AsyncSession
    vault: Vault
    statement: StatementRow
    known: _Known
    now: datetime

    async def take_in(self, item: _Entry) -> tuple[str, bool]:
        """Return (payment id, known from another file) of an entry."""
        if item.fingerprint in self.known.seen:
            return str(self.known.seen[item.fingerprint]), True
        rows = _registrations_of(item, self.known)
        payment = await self._new_payment(item, rows)
        if item.entry.reversal:
            await self._take_back(payment, item)
        elif len(rows) == 1:
            how: payments.How = "structured" if item.structured else "text"
            await payments.apply(self.session, payment, rows[0], how=how, now=self.now)
        else:
            # Several communications: one transfer for several people, which a person divides.
            sure = [Suggestion(row.id, _SURE) for row in rows]
            _note_guesses(payment, sure or self.known.guesses.get(item.fingerprint, []))
        return str(payment.id), False

    async def _take_back(self, reversal: PaymentRow, item: _Entry) -> None:
        await self.session.flush()
        original = await queries.reversible(
            self.session,
            tenant=reversal.tenant,
            account=reversal.account_iban,
            amount=reversal.amount,
            references=item.references_known,
            communication=reversal.communication,
        )
        if original is None:
            return
        row = await payments.take_back(self.session, reversal, original, now=self.now)
        if row is not None and row.erased_at is None:
            await payments.seal_for(self.session, self.vault, reversal, row)

    async def _new_payment(self, item: _Entry, rows: list[RegistrationRow]) -> PaymentRow:
        entry, tenant = item.entry, self.statement.tenant
        payment = PaymentRow(
            id=uuid7(),
            tenant=tenant,
            statement_id=self.statement.id,
            kind=PaymentKind.REVERSAL if entry.reversal else PaymentKind.CREDIT,
            state=PaymentState.UNMATCHED,
            account_iban=entry.account,
            amount=entry.amount,
            booked_on=entry.booked_on,
            communication=item.communications[0] if len(item.communications) == 1 else None,
            fingerprint=item.fingerprint,
            reference_hashes=item.references,
            suggestions=[],
            created_at=self.now,
        )
        transfer = Transfer(payer_name=entry.payer_name, payer_iban=entry.payer_iban, text=entry.text)
        # It names one registration and is not matched with it yet: whose it is decides which key.
        named = rows[0].id if len(rows) == 1 else None
        await self.vault.seal(self.session, payment, transfer, subject=named)
        self.session.add(payment)
        return payment


def _note_guesses(payment: PaymentRow, guesses: Sequence[Suggestion]) -> None:
    if guesses:
        payment.state = PaymentState.SUGGESTED
        payment.suggestions = [
            {"registration_id": str(guess.registration_id), "score": guess.score} for guess in guesses
        ]

"""Booking a statement: each movement once, whichever files contain it, and assigned to a registration if certain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.communications import communications_in, creditor_references_in, nearly
from services.training.domain import (
    MAX_SUGGESTIONS,
    STATEMENT_CLOCK,
    PaymentKind,
    PaymentState,
    RegistrationState,
)
from services.training.matching import Candidate, Candidates, Suggestion
from services.training.models import (
    PaymentRow,
    RegistrationRow,
    StatementEntryRow,
    StatementRow,
    Transfer,
)
from services.training.names import words_of
from services.training.operations import payments, settling
from services.training.operations.registrations import clocks
from services.training.operations.statements import said_of
from services.training.statements import BankEntry
from shared import locks
from shared.ids import uuid7
from shared.vault import BlindIndex, Vault

_SURE, _NEARLY = 100, 90
# The lowest score, of a hundred, with which a name is suggested for a payment.
_SUGGESTED = 75
# The indexed fields; the words are part of the digests.
_ENTRY, _LIKE, _REFERENCE = "bank entry", "bank movement", "bank reference"
# Prefixes of a text and a name: formats cut them off at different lengths.
_TEXT_TOLD, _NAME_TOLD = 30, 20


@dataclass(frozen=True)
class _Entry:
    """An entry with its fingerprints and the communications that it contains."""

    entry: BankEntry
    fingerprint: bytes
    likenesses: list[bytes]
    references: list[bytes]
    # As in payments booked before, of any version.
    fingerprints_known: list[bytes]
    likenesses_known: list[bytes]
    references_known: list[bytes]
    communications: tuple[str, ...]
    structured: bool
    nearly: tuple[str, ...]


@dataclass
class _Known:
    """What is looked up once for all entries of a part."""

    seen: dict[bytes, UUID]
    registrations: dict[str, tuple[RegistrationRow, str | None]]
    guesses: dict[bytes, list[Suggestion]] = field(default_factory=dict)

    def named(self, communications: Sequence[str], account: str) -> list[RegistrationRow]:
        """Return the registrations with some communications, if they are paid to this account.

        The owner of an erased one is no longer known: a person decides about the money.
        """
        found = [self.registrations[one] for one in communications if one in self.registrations]
        return [row for row, paid_to in found if paid_to == account and row.erased_at is None]


async def book_part(
    session: AsyncSession, vault: Vault, *, tenant: UUID, statement_id: UUID, now: datetime
) -> bool:
    """Book the next entries of a file; False when none was left, which stops its clock."""
    await locks.hold(session, "money", tenant)
    statement = await queries.statement(session, tenant=tenant, statement_id=statement_id, lock=True)
    part = await queries.next_part(session, statement_id=statement_id)
    if part is None:
        await clocks.stop(session, kind=STATEMENT_CLOCK, subject=statement_id, now=now)
        return False
    kept = await vault.open(session, part)
    index = await vault.blind_index(session, tenant=tenant)
    entries = [_recognised(index, *pair) for pair in zip(kept.entries, kept.equals, strict=True)]
    known = await _look_up(session, vault, statement=statement, entries=entries, now=now)
    booking = _Booking(session, vault, statement, known, now)
    for item in entries:
        payment_id, again = await booking.book(item)
        statement.booked += 1
        session.add(
            StatementEntryRow(
                statement_id=statement.id,
                position=statement.booked,
                tenant=tenant,
                payment_id=payment_id,
                again=again,
            )
        )
        await session.flush()
    await session.delete(part)
    await session.flush()
    await settling.follow(session, tenant=tenant, now=now)
    return True


def _recognised(index: BlindIndex, entry: BankEntry, equal: int) -> _Entry:
    mark = "\x1f".join([*said_of(entry), str(equal)])
    written = f"{entry.structured} ; {entry.text}"
    in_field = [*communications_in(entry.structured), *creditor_references_in(entry.structured)]
    in_text = [*communications_in(entry.text), *creditor_references_in(entry.text)]
    sure = tuple(dict.fromkeys([*in_field, *in_text]))
    likenesses = _likenesses(entry, sure)
    return _Entry(
        entry=entry,
        fingerprint=index.of(_ENTRY, plain=mark),
        fingerprints_known=index.known(_ENTRY, plain=mark),
        likenesses=[index.of(_LIKE, plain=like) for like in likenesses],
        likenesses_known=[one for like in likenesses for one in index.known(_LIKE, plain=like)],
        references=sorted(index.of(_REFERENCE, plain=reference) for reference in entry.references),
        references_known=[
            one for reference in entry.references for one in index.known(_REFERENCE, plain=reference)
        ],
        communications=sure,
        structured=bool(in_field),
        nearly=tuple(sorted(nearly(written) - set(sure))),
    )


def _likenesses(entry: BankEntry, communications: Sequence[str]) -> list[str]:
    """Return what files of every format say of a movement: without references or anything that gets cut off."""
    told = [entry.account, entry.booked_on.isoformat(), str(entry.amount), str(entry.reversal)]
    text = "".join(words_of(entry.text, 24))[:_TEXT_TOLD]
    what = " ".join(sorted(communications)) or text
    name = "".join(words_of(entry.payer_name))[:_NAME_TOLD]
    payers = [payer for payer in (entry.payer_iban, name) if payer] or [""]
    return ["\x1f".join([*told, what, payer]) for payer in payers]


async def _look_up(
    session: AsyncSession,
    vault: Vault,
    *,
    statement: StatementRow,
    entries: list[_Entry],
    now: datetime,
) -> _Known:
    tenant = statement.tenant
    wanted = {older: item.fingerprint for item in entries for older in item.fingerprints_known}
    found = await queries.known_payments(
        session, tenant=tenant, format=statement.format, fingerprints=list(wanted)
    )
    seen = {wanted[older]: payment_id for older, payment_id in found.items()}
    named = {one for item in entries for one in (*item.communications, *item.nearly)}
    known = _Known(seen, await queries.registrations_with(session, tenant=tenant, communications=named))
    unclear = [
        item
        for item in entries
        if item.fingerprint not in seen
        and not item.entry.reversal
        and not known.named(item.communications, item.entry.account)
    ]
    if unclear:
        possible = await queries.payers(session, vault, tenant=tenant, now=now)
        # Comparing names is plain work, of a length that is known: so many entries with so many candidates each.
        known.guesses = await asyncio.to_thread(_guess, unclear, possible)
    return known


def _guess(unclear: list[_Entry], possible: list[queries.Payer]) -> dict[bytes, list[Suggestion]]:
    by_account: dict[str, Candidates] = {}
    for payer in possible:
        row = payer.registration
        candidate = Candidate(row.id, payer.participant.name, payer.place, row.price)
        by_account.setdefault(payer.account_iban, Candidates()).add(candidate)
    return {
        item.fingerprint: by_account.get(item.entry.account, Candidates()).suggest(
            payer=item.entry.payer_name,
            text=item.entry.text,
            amount=item.entry.amount,
            threshold=_SUGGESTED,
        )
        for item in unclear
    }


@dataclass(frozen=True)
class _Booking:
    """Books the entries of one part."""

    session: AsyncSession
    vault: Vault
    statement: StatementRow
    known: _Known
    now: datetime

    async def book(self, item: _Entry) -> tuple[UUID, bool]:
        """Return (payment id, known from another file) of an entry."""
        before = self.known.seen.get(item.fingerprint) or await self._told_otherwise(item)
        if before is not None:
            return before, True
        rows = self.known.named(item.communications, item.entry.account)
        payment = await self._new_payment(item, rows)
        await self.session.flush()
        if item.entry.reversal:
            await self._take_back(payment, item)
        elif len(rows) == 1 and not item.entry.several:
            how: payments.How = "structured" if item.structured else "text"
            await payments.apply(self.session, payment, rows[0], how=how, now=self.now)
            await self._offer_place(payment, rows[0])
        else:
            # Several communications: one transfer for several people, which a person divides.
            close = self.known.named(item.nearly, item.entry.account)
            _note_guesses(
                payment,
                [
                    *(Suggestion(row.id, _SURE) for row in rows),
                    *(Suggestion(row.id, _NEARLY) for row in close if not rows),
                    *self.known.guesses.get(item.fingerprint, []),
                ],
            )
        return payment.id, False

    async def _told_otherwise(self, item: _Entry) -> UUID | None:
        """Return the payment of a movement that is known from a file of the other format only, and note it of it."""
        other = await queries.payment_like(
            self.session,
            tenant=self.statement.tenant,
            format=self.statement.format,
            likenesses=item.likenesses_known,
        )
        if other is None:
            return None
        queries.set_fingerprint(other, self.statement.format, item.fingerprint)
        await self.session.flush()
        return other.id

    async def _take_back(self, reversal: PaymentRow, item: _Entry) -> None:
        """Take back the payment on which reference, amount and payer agree; else a person decides."""
        possible = await queries.reversible(
            self.session,
            tenant=reversal.tenant,
            account=reversal.account_iban,
            amount=reversal.amount,
            references=item.references_known,
            communication=reversal.communication,
        )
        transfers = await self.vault.open_readable(self.session, possible)
        meant = [
            payment
            for payment, transfer in zip(possible, transfers, strict=True)
            # An erased participant is asked for nothing any more, whoever had paid.
            if transfer is None or is_payer(transfer, item.entry)
        ]
        whole = [payment for payment in meant if payment.left == reversal.amount]
        originals = whole if len(whole) == 1 else meant
        if len(originals) != 1:
            ids = dict.fromkeys(one.registration_id for one in meant or possible if one.registration_id)
            _note_guesses(reversal, [Suggestion(registration_id, _NEARLY) for registration_id in ids])
            return
        row = await payments.take_back(self.session, reversal, originals[0], now=self.now)
        if row is not None and row.erased_at is None:
            await payments.seal_for(self.session, self.vault, reversal, row)

    async def _offer_place(self, payment: PaymentRow, row: RegistrationRow) -> None:
        """Offer to confirm an expired registration whose money came, if its place is still free."""
        if payment.state != PaymentState.LATE or row.state != RegistrationState.EXPIRED:
            return
        if await payments.can_be_confirmed(self.session, row, now=self.now):
            payment.suggestions = [{"registration_id": str(row.id), "score": _SURE}]

    async def _new_payment(self, item: _Entry, rows: list[RegistrationRow]) -> PaymentRow:
        entry, tenant = item.entry, self.statement.tenant
        one = len(item.communications) == 1 and not entry.several
        payment = PaymentRow(
            id=uuid7(),
            tenant=tenant,
            statement_id=self.statement.id,
            kind=PaymentKind.REVERSAL if entry.reversal else PaymentKind.CREDIT,
            state=PaymentState.UNMATCHED,
            account_iban=entry.account,
            amount=entry.amount,
            taken_back=0,
            booked_on=entry.booked_on,
            communication=item.communications[0] if one else None,
            likenesses=item.likenesses,
            reference_hashes=item.references,
            suggestions=[],
            created_at=self.now,
        )
        queries.set_fingerprint(payment, self.statement.format, item.fingerprint)
        transfer = Transfer(payer_name=entry.payer_name, payer_iban=entry.payer_iban, text=entry.text)
        # It names one registration that has no match yet: the registration's owner decides the key.
        named = rows[0].id if len(rows) == 1 and not entry.several else None
        await self.vault.seal(self.session, payment, transfer, subject=named)
        self.session.add(payment)
        return payment


def is_payer(transfer: Transfer, entry: BankEntry) -> bool:
    """Tell whether money was taken back from the person who had paid it: by account, else by name."""
    if transfer.payer_iban and entry.payer_iban:
        return transfer.payer_iban == entry.payer_iban
    there, here = set(words_of(transfer.payer_name)), set(words_of(entry.payer_name))
    return bool(there and here) and (there <= here or here <= there)


def _note_guesses(payment: PaymentRow, guesses: Sequence[Suggestion]) -> None:
    best: dict[UUID, int] = {}
    for guess in guesses:
        best.setdefault(guess.registration_id, guess.score)
    if best:
        payment.state = PaymentState.SUGGESTED
        payment.suggestions = [
            {"registration_id": str(registration_id), "score": score}
            for registration_id, score in list(best.items())[:MAX_SUGGESTIONS]
        ]

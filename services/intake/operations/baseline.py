"""Recording the questions, bottom lines and resources of a case: each change is a whole new version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.errors import BottomLinesNotYours, QuestionsNotYours, UnknownBottomLine
from services.intake.models import (
    Baseline,
    BaselineFields,
    BottomLine,
    BottomLineFields,
    Case,
    ReferralFields,
)
from services.intake.operations.cases import locked_live_case
from services.intake.queries import cases as reads
from services.intake.schemas.cases import BaselineChange, WrittenLine
from shared import outbox
from shared.errors import require_version
from shared.events import intake as events
from shared.ids import uuid7
from shared.vault import Vault


@dataclass(frozen=True)
class Line:
    """A bottom line: its id, the number of its wording, its words."""

    id: UUID
    version: int
    text: str


@dataclass(frozen=True)
class OpenedBaseline:
    """A version of the baseline, readable."""

    version: int
    questions: tuple[str, ...]
    lines: tuple[Line, ...]
    resources: str | None
    created_at: datetime


@dataclass(frozen=True)
class BaselineRights:
    """What a caller may change: the questions, or the bottom lines and resources."""

    questions: bool
    bottom_lines: bool


async def begin(
    session: AsyncSession, vault: Vault, *, case: Case, words: ReferralFields, now: datetime
) -> None:
    """Record the first baseline of a case, from the referral."""
    lines = tuple(Line(uuid7(), 1, text) for text in words.bottom_lines)
    fields = BaselineFields(questions=(words.question,), resources=words.resources)
    await _write(session, vault, case, fields, lines, written_by=case.referrer_id, now=now)
    recorded = events.BaselineRecorded(case_id=case.id, version=1, bottom_lines=_refs(lines))
    await outbox.publish(session, recorded, stream=case.id, tenant=case.tenant, case=case.id, now=now)


async def read_baseline(session: AsyncSession, vault: Vault, *, case: Case) -> OpenedBaseline:
    """Return the current baseline of a case."""
    version = case.baseline_version
    row = await reads.baseline(session, tenant=case.tenant, case_id=case.id, version=version)
    if row is None:
        raise LookupError(f"case {case.id} has no baseline {version}")
    rows = await reads.bottom_lines(session, tenant=case.tenant, case_id=case.id, version=version)
    fields = await vault.open(session, row)
    texts = await vault.open_many(session, rows)
    lines = tuple(
        Line(line.line_id, line.line_version, opened.text) for line, opened in zip(rows, texts, strict=True)
    )
    return OpenedBaseline(version, fields.questions, lines, fields.resources, row.created_at)


async def change_baseline(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    change: BaselineChange,
    rights: BaselineRights,
    written_by: UUID,
    now: datetime,
) -> OpenedBaseline:
    """Write a new version of the baseline, and return it; without a change nothing is written.

    Questions that whoever writes them sends as they are were talked through: that is said (`BaselineConfirmed`).

    Raises: UnknownCase, CaseErased, CaseStopped, OtherVersion, UnknownBottomLine, QuestionsNotYours,
    BottomLinesNotYours.
    """
    case = await locked_live_case(session, tenant=tenant, case_id=case_id)
    require_version(change.version, of=case.baseline_version)
    present = await read_baseline(session, vault, case=case)
    questions = present.questions if change.questions is None else tuple(change.questions)
    resources = change.resources if "resources" in change.model_fields_set else present.resources
    lines = present.lines if change.bottom_lines is None else _rewritten(present.lines, change.bottom_lines)
    if questions != present.questions and not rights.questions:
        raise QuestionsNotYours
    if (resources, lines) != (present.resources, present.lines) and not rights.bottom_lines:
        raise BottomLinesNotYours
    if (questions, resources, lines) == (present.questions, present.resources, present.lines):
        if rights.questions and change.questions is not None:
            confirmed = events.BaselineConfirmed(case_id=case.id, version=present.version)
            await outbox.publish(session, confirmed, stream=case.id, tenant=tenant, case=case.id, now=now)
        return present
    fields = BaselineFields(questions=questions, resources=resources)
    await _write(session, vault, case, fields, lines, written_by=written_by, now=now)
    parts: dict[events.BaselinePart, bool] = {
        "questions": questions != present.questions,
        "bottom-lines": lines != present.lines,
        "resources": resources != present.resources,
    }
    changed = events.BaselineChanged(
        case_id=case.id,
        version=case.baseline_version,
        bottom_lines=_refs(lines),
        changed=tuple(part for part, is_other in parts.items() if is_other),
    )
    await outbox.publish(session, changed, stream=case.id, tenant=tenant, case=case.id, now=now)
    return OpenedBaseline(case.baseline_version, questions, lines, resources, now)


def _rewritten(present: Sequence[Line], written: Sequence[WrittenLine]) -> tuple[Line, ...]:
    known = {line.id: line for line in present}
    lines = []
    for line in written:
        if line.bottom_line_id is None:
            lines.append(Line(uuid7(), 1, line.text))
            continue
        # Removed, so that a line named twice is unknown the second time.
        before = known.pop(line.bottom_line_id, None)
        if before is None:
            raise UnknownBottomLine(bottom_line_id=str(line.bottom_line_id))
        same = before.text == line.text
        lines.append(before if same else Line(before.id, before.version + 1, line.text))
    return tuple(lines)


async def _write(
    session: AsyncSession,
    vault: Vault,
    case: Case,
    fields: BaselineFields,
    lines: Sequence[Line],
    *,
    written_by: UUID | None,
    now: datetime,
) -> None:
    case.baseline_version += 1
    row = Baseline(
        case_id=case.id,
        version=case.baseline_version,
        tenant=case.tenant,
        written_by=written_by,
        created_at=now,
    )
    await vault.seal(session, row, fields)
    session.add(row)
    for position, line in enumerate(lines):
        bottom_line = BottomLine(
            id=uuid7(),
            tenant=case.tenant,
            case_id=case.id,
            baseline_version=case.baseline_version,
            position=position,
            line_id=line.id,
            line_version=line.version,
            created_at=now,
        )
        await vault.seal(session, bottom_line, BottomLineFields(text=line.text))
        session.add(bottom_line)
    await session.flush()


def _refs(lines: Sequence[Line]) -> tuple[events.BottomLineRef, ...]:
    return tuple(events.BottomLineRef(bottom_line_id=line.id, version=line.version) for line in lines)

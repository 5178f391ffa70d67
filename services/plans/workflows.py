"""The follow-up workflow of a case's plan, for a year and a little: it decides only when."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.plans.operations import (
        accepting,
        agreements,
        check_ins,
        own_meetings,
        reviewing,
        timing,
        year,
    )
    from shared.clock_activities import breach, warn
    from shared.deadlines import Deadline, WorkflowInput

from shared.workflow import DeadlineWorkflow


@workflow.defn(name="FollowUp")
class FollowUp(DeadlineWorkflow):
    """The agreements and checks of a case's plan, until the year is over, the circle closes, or the case stops."""

    kinds = (
        *timing.OF_AGREEMENTS,
        timing.CHECK_IN,
        timing.FOLLOW_UP,
        timing.ACCEPTANCE,
        timing.AMENDMENT,
        timing.ADJUST,
        timing.OWN_MEETING,
        timing.REVIEW,
        timing.REFERRER_CALL,
    )

    @workflow.run
    async def run(self, given: WorkflowInput) -> None:
        """Follow each agreement; ask at each check and review, escalate; end after the year."""
        async for due in self.deadlines(given):
            match due.kind, due.what:
                case ((timing.AGREEMENT | timing.GRACE | timing.SLIPPING | timing.LAPSE), _):
                    await self._follow_agreement(due)
                case ((timing.CHECK_IN | timing.REVIEW), _):
                    await self._ask(due)
                case timing.FOLLOW_UP, _:
                    await self.step(year.complete_follow_up, due)
                case ((timing.ADJUST | timing.OWN_MEETING), _):
                    await self._follow_decision(due)
                case ((timing.ACCEPTANCE | timing.AMENDMENT | timing.REFERRER_CALL), _):
                    await self._follow_parties(due)

    async def _ask(self, due: Deadline) -> None:
        match due.kind, due.what:
            case timing.CHECK_IN, "warn":
                await self.step(check_ins.ask_for_check_in, due)
            case timing.CHECK_IN, "due":
                await self.step(check_ins.escalate_check_in, due)
            case timing.REVIEW, "warn":
                await self.step(reviewing.remind_of_review, due)
            case timing.REVIEW, "due":
                await self.step(reviewing.begin_review, due)

    async def _follow_decision(self, due: Deadline) -> None:
        match due.kind, due.what:
            case timing.OWN_MEETING, "warn":
                await self.step(own_meetings.ask_of_meeting, due)
            case ((timing.ADJUST | timing.OWN_MEETING), _):
                await self.step(breach, due)

    async def _follow_parties(self, due: Deadline) -> None:
        match due.kind, due.what:
            case timing.ACCEPTANCE, _:
                await self.step(accepting.presume_acceptance, due)
            case timing.REFERRER_CALL, "warn":
                await self.step(warn, due)
            case ((timing.AMENDMENT | timing.REFERRER_CALL), _):
                await self.step(breach, due)

    async def _follow_agreement(self, due: Deadline) -> None:
        match due.kind, due.what:
            case timing.AGREEMENT, "warn":
                await self.step(agreements.remind_ahead, due)
            case timing.AGREEMENT, "due":
                await self.step(agreements.announce_agreement, due)
            case timing.GRACE, "warn":
                await self.step(agreements.remind_of_agreement, due)
            case timing.GRACE, "due":
                # Until this patch it lapsed at once, before the monitor was told (docs/changing-workflows.md).
                if workflow.patched("monitor-hears-before-lapse"):
                    await self.step(agreements.report_to_monitor, due)
                else:
                    await self.step(agreements.lapse_agreement, due)
            case timing.SLIPPING, "warn":
                await self.step(warn, due)
            case timing.SLIPPING, "due":
                await self.step(breach, due)
            case timing.LAPSE, _:
                await self.step(agreements.lapse_agreement, due)


WORKFLOWS: list[type[DeadlineWorkflow]] = [FollowUp]

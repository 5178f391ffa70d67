"""Intake's tables. Names, addresses and free text are in `sealed`.

Plain columns hold ids, codes, dates, organisations' names, and the criteria for matching coordinators.
"""

from services.intake.models.base import Base
from services.intake.models.break_glass import BreakGlass, BreakGlassFields
from services.intake.models.cases import Assignment, Case, CaseParty, Offer
from services.intake.models.daily_mail import DailyMail
from services.intake.models.files import Baseline, BaselineFields, BottomLine, BottomLineFields
from services.intake.models.referrals import PersonFields, Referral, ReferralFields, ReferralPerson
from services.intake.models.register import (
    ContactFields,
    Coordinator,
    MailRecipient,
    Organisation,
    StaffMember,
)
from services.intake.models.retention import Hold, HoldFields, Retention
from services.intake.models.statistics import CaseFact, LateFact, SurveyFact

__all__ = [
    "Assignment",
    "Base",
    "Baseline",
    "BaselineFields",
    "BottomLine",
    "BottomLineFields",
    "BreakGlass",
    "BreakGlassFields",
    "Case",
    "CaseFact",
    "CaseParty",
    "ContactFields",
    "Coordinator",
    "DailyMail",
    "Hold",
    "HoldFields",
    "LateFact",
    "MailRecipient",
    "Offer",
    "Organisation",
    "PersonFields",
    "Referral",
    "ReferralFields",
    "ReferralPerson",
    "Retention",
    "StaffMember",
    "SurveyFact",
]

"""What intake refuses, one class per rule."""

from shared.errors import Conflict, Forbidden, Gone, Invalid, NotFound


class TenantUnknown(NotFound):
    """The request names no organisation that runs conferences here."""

    code = "tenant-not-found"
    title = "Name the organisation that runs the conference in the header Kring-Tenant"


class UnknownReferral(NotFound):
    """There is no such referral, or not for this caller."""

    code = "referral-not-found"
    title = "There is no such referral here"


class UnknownOffer(NotFound):
    """There is no such offer, or it was made to somebody else."""

    code = "offer-not-found"
    title = "There is no such offer here"


class UnknownStaff(NotFound):
    """The tenant knows no such colleague."""

    code = "staff-not-found"
    title = "There is no such colleague here"


class UnknownCoordinator(NotFound):
    """The tenant knows no such coordinator."""

    code = "coordinator-not-found"
    title = "There is no such coordinator here"


class TooManyOfficers(Conflict):
    """All data protection officers of an organisation hear of every opened file."""

    code = "too-many-officers"
    title = "Your organisation has as many data protection officers as there can be"


class CoordinatorBusy(Conflict):
    """Who has a case, or is asked to take one, cannot be forgotten yet."""

    code = "coordinator-busy"
    title = "Release the coordinator from their cases, and let them answer what they are asked, before erasing them"


class ContactErased(Gone):
    """Who was erased is not known again under the same id: their key is gone for good."""

    code = "contact-erased"
    title = "Whoever had this id was erased; whoever comes back is entered under another id"


class OfficerErasedByOfficer(Forbidden):
    """Who is told of opened files is not made unreachable by those who may open them."""

    code = "officer-erased-by-officer"
    title = "A data protection officer is erased by one; take the role away first, which they are told"


class UnknownBottomLine(Invalid):
    """A bottom line is changed by the id that the baseline shows."""

    code = "bottom-line-unknown"
    title = "bottom_line_id must be the id of a bottom line of this case; leave it out for a new one"


class OrganisationUnknown(Invalid):
    """Parties come from the register of organisations."""

    code = "organisation-unknown"
    title = "The organisation is not in the register"


class UnknownOrganisation(NotFound):
    """Nobody learns more of an organisation by trying to change it."""

    code = "organisation-not-found"
    title = "There is no such organisation, or somebody else entered it"


class OrganisationKnown(Conflict):
    """One organisation, one entry."""

    code = "organisation-known"
    title = "An organisation with this number is in the register, under another id or with another calendar"


class OnlyOpsMakesTenants(Forbidden):
    """Who runs conferences on this installation is decided by those who run the installation."""

    code = "tenant-not-yours"
    title = "Tenants are made by those who run the installation; an administrator enters parties"


class ConsentMissing(Invalid):
    """Nobody is referred without knowing and agreeing."""

    code = "consent-missing"
    title = (
        "From twelve years on the central person agrees to the referral; for a minor, a holder of parental"
        " authority does too"
    )


class CentralPersonMissing(Invalid):
    """A referral is about somebody."""

    code = "central-person-missing"
    title = "At least one person must have the role central"


class RefUsedTwice(Invalid):
    """Each person of a referral has a ref of their own."""

    code = "ref-used-twice"
    title = "Two persons have the same ref"


class DateNotPossible(Invalid):
    """Births and consents lie in the past."""

    code = "date-not-possible"
    title = "A birth date or the date of a consent lies in the future"


class NoMandateHere(Invalid):
    """Who refers themselves has no professional who must accept the plan."""

    code = "no-mandate-in-self-referral"
    title = "A self-referral has no mandated organisation and no bottom lines"


class SelfReferralOfOthers(Invalid):
    """Who refers themselves speaks for nobody else."""

    code = "self-referral-of-others"
    title = "A self-referral is by one central person: refer others as their acquaintance, with their consent"


class ReferrerNeeded(Forbidden):
    """A professional referral comes from somebody with the role referrer."""

    code = "referrer-needed"
    title = "A professional referral needs a token with the role referrer; without one, refer as self or acquaintance"


class ReferralDecided(Conflict):
    """A referral is decided once."""

    code = "referral-decided"
    title = "This referral was decided before"


class CaseNotPaused(Conflict):
    """Only what is paused can be resumed."""

    code = "case-not-paused"
    title = "This case is not paused"


class CaseAlreadyPaused(Conflict):
    """A case is paused for one reason at a time."""

    code = "case-already-paused"
    title = "This case is paused already"


class OfferAnswered(Conflict):
    """An offer is answered once."""

    code = "offer-already-answered"
    title = "This offer was answered before"


class OfferOver(Conflict):
    """The time of the offer passed, or it was called off."""

    code = "offer-over"
    title = "This offer no longer stands"


class CoordinatorFull(Conflict):
    """Whoever has as many cases as they can have takes no other."""

    code = "coordinator-full"
    title = "You have as many cases as you can have: decline this one, or have your number raised"


class CoordinatorConcerned(Conflict):
    """Nobody prepares a conference about themselves."""

    code = "coordinator-concerned"
    title = "Your email address is that of somebody whom this case is about: decline the offer"


class CoordinatorSought(Conflict):
    """Somebody coordinates the case, or is being looked for."""

    code = "coordinator-sought"
    title = "This case has a coordinator, or one is being looked for"


class NoCoordinator(Conflict):
    """Nobody is assigned, so nobody can be released."""

    code = "no-coordinator"
    title = "This case has no coordinator now"


class BottomLinesNotYours(Forbidden):
    """Bottom lines are written by the professional's side, who must accept the plan by them."""

    code = "bottom-lines-not-yours"
    title = "Only the mandated side writes bottom lines and resources"


class QuestionsNotYours(Forbidden):
    """The questions are the family's, written down by the coordinator."""

    code = "questions-not-yours"
    title = "Only the coordinator writes the questions"


class NotOnBehalf(Forbidden):
    """Only staff who spoke with someone can say on whose behalf a case stops."""

    code = "not-on-behalf"
    title = "You can withdraw a case in your own name only"


class CaseGoesOn(Conflict):
    """Only what is over can be erased."""

    code = "case-goes-on"
    title = "Withdraw or close the case first: a case that goes on cannot be erased"


class NobodyToTell(Conflict):
    """A file is never opened by break-glass without a data protection officer who is told."""

    code = "nobody-to-tell"
    title = "Your organisation has no data protection officer who could be told: enter one first"


class AlreadyOpened(Conflict):
    """The file is open to this manager."""

    code = "already-opened"
    title = "You have opened this file already"


class UnknownBreakGlass(NotFound):
    """There is no such break-glass access for whoever asks."""

    code = "break-glass-not-found"
    title = "There is no such break-glass access here"


class NoErasure(NotFound):
    """Nothing of this case was erased."""

    code = "erasure-not-found"
    title = "The erasure of this case was not asked for"


class UnknownHold(NotFound):
    """There is no such hold at this organisation."""

    code = "hold-not-found"
    title = "There is no such hold here"


class HoldLifted(Conflict):
    """A hold ends once."""

    code = "hold-lifted"
    title = "This hold has been lifted already"


class HoldEndsTooSoon(Invalid):
    """A hold until a day that has passed would hold nothing."""

    code = "hold-ends-too-soon"
    title = "`until` must be a day after today, within a hundred years; leave it out for a hold until it is lifted"


class FileNotOver(Conflict):
    """How long a file is kept is known when it is over."""

    code = "file-not-over"
    title = "This case goes on: how long its file is kept is decided when it ends"

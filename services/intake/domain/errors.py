"""The errors of intake, one class per rule."""

from shared.errors import Conflict, Forbidden, Gone, Invalid, NotFound


class TenantUnknown(NotFound):
    """The request names no organisation that runs conferences here."""

    code = "tenant-not-found"
    title = "Name the organisation that runs the conference in the header Kring-Tenant"


class UnknownReferral(NotFound):
    """The referral does not exist, or the caller may not see it."""

    code = "referral-not-found"
    title = "There is no such referral here"


class UnknownOffer(NotFound):
    """The offer does not exist, or was made to somebody else."""

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
    """Limited, because all data protection officers of an organisation are mailed about every opened file."""

    code = "too-many-officers"
    title = "Your organisation has the maximum number of data protection officers"


class CoordinatorBusy(Conflict):
    """A coordinator who has a case, or an open offer, cannot be erased yet."""

    code = "coordinator-busy"
    title = "Release the coordinator from their cases, and let them answer their offers, before erasing them"


class ContactErased(Gone):
    """An erased id cannot be used again: its key is gone for good."""

    code = "contact-erased"
    title = "The person with this id was erased; enter someone who comes back under another id"


class OfficerErasedByOfficer(Forbidden):
    """An officer, who is told of opened files, must not be silenced by those who may open them."""

    code = "officer-erased-by-officer"
    title = "A data protection officer is erased by one; take the role away first, which they are told"


class UnknownBottomLine(Invalid):
    """A bottom line is changed by the id shown in the baseline."""

    code = "bottom-line-unknown"
    title = "bottom_line_id must be the id of a bottom line of this case; leave it out for a new one"


class OrganisationUnknown(Invalid):
    """Parties must be in the register of organisations."""

    code = "organisation-unknown"
    title = "The organisation is not in the register"


class UnknownOrganisation(NotFound):
    """The organisation does not exist, or somebody else entered it; the caller must not learn which."""

    code = "organisation-not-found"
    title = "There is no such organisation, or somebody else entered it"


class OrganisationKnown(Conflict):
    """Each organisation has one entry."""

    code = "organisation-known"
    title = "An organisation with this number is in the register, under another id or with another calendar"


class OnlyOpsMakesTenants(Forbidden):
    """Only the operators of the installation decide who runs conferences on it."""

    code = "tenant-not-yours"
    title = "Tenants are created by those who run the installation; an administrator enters parties"


class ConsentMissing(Invalid):
    """People are referred only with their knowledge and consent."""

    code = "consent-missing"
    title = (
        "From twelve years on the central person agrees to the referral; for a minor, a holder of parental"
        " authority does too"
    )


class CentralPersonMissing(Invalid):
    """A referral needs a central person."""

    code = "central-person-missing"
    title = "At least one person must have the role central"


class RefUsedTwice(Invalid):
    """Each person in a referral needs a ref of their own."""

    code = "ref-used-twice"
    title = "Two persons have the same ref"


class DateNotPossible(Invalid):
    """Birth and consent dates lie in the past."""

    code = "date-not-possible"
    title = "A birth date or the date of a consent lies in the future"


class NoMandateHere(Invalid):
    """A self-referral has no professional who must accept the plan."""

    code = "no-mandate-in-self-referral"
    title = "A self-referral has no mandated organisation and no bottom lines"


class NoMandateForAdults(Invalid):
    """Adults decide for themselves: nobody must accept their plan."""

    code = "no-mandate-for-adults"
    title = "Nobody has to accept the plan of adults: a mandated organisation is for minors"


class SelfReferralOfOthers(Invalid):
    """A self-referral speaks for nobody else."""

    code = "self-referral-of-others"
    title = "A self-referral is by one central person: refer others as their acquaintance, with their consent"


class ReferrerNeeded(Forbidden):
    """A professional referral needs the role referrer."""

    code = "referrer-needed"
    title = "A professional referral needs a token with the role referrer; without one, refer as self or acquaintance"


class ReferralDecided(Conflict):
    """A referral is decided once."""

    code = "referral-decided"
    title = "This referral was already decided"


class CaseNotPaused(Conflict):
    """Only a paused case can be resumed."""

    code = "case-not-paused"
    title = "This case is not paused"


class CaseAlreadyPaused(Conflict):
    """A case is paused for one reason at a time."""

    code = "case-already-paused"
    title = "This case is already paused"


class OfferAnswered(Conflict):
    """An offer is answered once."""

    code = "offer-already-answered"
    title = "This offer was already answered"


class OfferOver(Conflict):
    """The time of the offer passed, or it was called off."""

    code = "offer-over"
    title = "This offer no longer stands"


class CoordinatorFull(Conflict):
    """The coordinator has the maximum number of cases."""

    code = "coordinator-full"
    title = "You have as many cases as you can have: decline this one, or have your maximum raised"


class CoordinatorConcerned(Conflict):
    """A coordinator must not prepare a conference about themselves."""

    code = "coordinator-concerned"
    title = "Your email address belongs to a person this case is about: decline the offer"


class CoordinatorSought(Conflict):
    """The case has a coordinator, or a search for one is running."""

    code = "coordinator-sought"
    title = "This case has a coordinator, or one is being looked for"


class NoCoordinator(Conflict):
    """There is no coordinator to release."""

    code = "no-coordinator"
    title = "This case has no coordinator now"


class BottomLinesNotYours(Forbidden):
    """Bottom lines are written by the mandated side, which accepts the plan by them."""

    code = "bottom-lines-not-yours"
    title = "Only the mandated side writes bottom lines and resources"


class QuestionsNotYours(Forbidden):
    """The questions are the family's, and recorded by the coordinator."""

    code = "questions-not-yours"
    title = "Only the coordinator writes the questions"


class NotOnBehalf(Forbidden):
    """Only staff who spoke with a person can state on whose behalf a case stops."""

    code = "not-on-behalf"
    title = "You can withdraw a case in your own name only"


class CaseGoesOn(Conflict):
    """Only a case that is over can be erased."""

    code = "case-goes-on"
    title = "Withdraw or close the case first: a live case cannot be erased"


class NobodyToTell(Conflict):
    """A file is never opened by break-glass without a data protection officer to tell."""

    code = "nobody-to-tell"
    title = "Your organisation has no data protection officer to tell: enter one first"


class AlreadyOpened(Conflict):
    """This manager already opened the file."""

    code = "already-opened"
    title = "You have already opened this file"


class UnknownBreakGlass(NotFound):
    """The break-glass access does not exist, or the caller may not see it."""

    code = "break-glass-not-found"
    title = "There is no such break-glass access here"


class NoErasure(NotFound):
    """No erasure of this case was requested."""

    code = "erasure-not-found"
    title = "The erasure of this case was not asked for"


class UnknownHold(NotFound):
    """The organisation has no such hold."""

    code = "hold-not-found"
    title = "There is no such hold here"


class HoldLifted(Conflict):
    """The hold was already lifted."""

    code = "hold-lifted"
    title = "This hold was already lifted"


class HoldEndsTooSoon(Invalid):
    """The last day of a hold must be in the future."""

    code = "hold-ends-too-soon"
    title = "`until` must be a day after today, within a hundred years; leave it out for a hold until it is lifted"


class FileNotOver(Conflict):
    """How long a file is kept is decided when its case is over."""

    code = "file-not-over"
    title = "This case is still live: how long its file is kept is decided when it ends"

"""The errors that a caller can get."""

from shared.errors import Conflict, Invalid

MAX_OPTIONS = 60
MAX_EXTENSIONS = 20


class CircleNotReady(Conflict):
    """The circle of the case is not ready yet: there is nobody to ask."""

    code = "circle-not-ready"
    title = "The circle must be declared ready first, by the coordinator in network"


class PreparationRuns(Conflict):
    """A conference of the case is already being prepared: there is one at a time."""

    code = "preparation-runs"
    title = "A conference of this case is being prepared already"


class ConferenceOver(Conflict):
    """The conference was held, postponed or cancelled."""

    code = "conference-over"
    title = "This conference is over, or was postponed or cancelled"


class ConferenceNotScheduled(Conflict):
    """The conference has no date."""

    code = "conference-not-scheduled"
    title = "This conference has no date yet"


class ConferenceNotYetHeld(Conflict):
    """The day of the conference has not come."""

    code = "conference-not-yet-held"
    title = "What happened can be recorded from the day of the conference on"


class ConferenceHasDate(Conflict):
    """The conference has a date: postpone it to look for another one."""

    code = "conference-has-date"
    title = "This conference has a date: postpone it to look for another"


class PollAlreadyOpen(Conflict):
    """People are already being asked."""

    code = "poll-already-open"
    title = "This poll is open: add dates to it instead"


class PollClosed(Conflict):
    """The poll takes no more answers."""

    code = "poll-closed"
    title = "This poll is closed"


class NoDateFits(Conflict):
    """No date suits everyone required: the coordinator must choose, or propose other dates."""

    code = "no-date-fits"
    title = "On none of the dates can everyone required come: choose one, or propose others"


class NoDates(Invalid):
    """A poll, or a choice among its dates, needs future dates."""

    code = "no-dates"
    title = "Propose at least one date"


class ClosesTooSoon(Invalid):
    """A poll must be open for some time."""

    code = "closes-too-soon"
    title = "A poll is open for a while: give a longer duration"


class TooManyDates(Invalid):
    """Nobody can answer so many dates."""

    code = "too-many-dates"
    title = f"A poll has at most {MAX_OPTIONS} dates"


class DateNotUsable(Invalid):
    """A date lies in the past, is too far away, or ends before it begins."""

    code = "date-not-usable"
    title = "A date begins in the future and ends after it begins, within two days"


class TargetNotLater(Invalid):
    """The extended preparation must end later than before, and within a year and a half."""

    code = "target-not-later"
    title = "The new end must be later than before, within a year and a half"


class TooMuchMoreTime(Conflict):
    """A preparation was extended the maximum number of times."""

    code = "too-much-more-time"
    title = f"A preparation gets more time at most {MAX_EXTENSIONS} times"


class OptionUnknown(Invalid):
    """An answer or a choice names a date that is not in this poll."""

    code = "option-unknown"
    title = "This is not one of the dates of this poll"


class PersonNotOfCase(Invalid):
    """A named person does not belong to the case."""

    code = "person-not-of-case"
    title = "Only people of the case can be named"


class PersonTwice(Invalid):
    """A person is named twice."""

    code = "person-twice"
    title = "Each person is named once"


class PartsOutOfOrder(Invalid):
    """The three parts of a conference follow one another."""

    code = "parts-out-of-order"
    title = "Each part ends after it begins, and begins after the one before it has ended"


class TimeOutOfPlace(Invalid):
    """A time of arrival or departure is on another day than the conference."""

    code = "time-out-of-place"
    title = "Times of arrival and departure lie within a day of the conference"

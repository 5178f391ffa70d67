"""What an organisation may configure: durations, and the legal basis of the data it keeps."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from services.network.domain import Basis
from shared.calendar import Length, at_most
from shared.http.models import RequestModel
from shared.policies import Label, Policies, PolicySettings

_LONGEST = timedelta(days=3650)


class LegalBases(RequestModel):
    """The legal basis for each kind of person: for the organisation to settle with its DPO.

    Consent is a weak basis for people who depend on help, so it is nobody's default.
    """

    central: Basis = Basis.PUBLIC_TASK
    representative: Basis = Basis.PUBLIC_TASK
    circle: Basis = Basis.LEGITIMATE_INTEREST
    advocate: Basis = Basis.LEGITIMATE_INTEREST
    interpreter: Basis = Basis.LEGITIMATE_INTEREST
    professional: Basis = Basis.LEGITIMATE_INTEREST

    def of(self, role: str) -> Basis:
        """Return the basis for a kind of person."""
        basis: Basis = getattr(self, role)
        return basis


class Policy(PolicySettings):
    """The lengths of network's clocks and links, and the legal bases."""

    ORDER: ClassVar = (
        ("invitation_remind", "invitation_due"),
        ("data_request_warn", "data_request_due"),
        ("erasure_warn", "erasure"),
        ("survey_remind", "survey_due"),
    )

    invitation_remind: Annotated[Length, Label("Herinneren aan een uitnodiging")] = "4d"
    invitation_due: Annotated[Length, Label("Antwoorden op een uitnodiging")] = "8d"
    # From an undeliverable mail to escalation to the regional manager: the person must be reached another way.
    reach: Annotated[Length, Label("Iemand bereiken bij wie geen mail aankomt")] = "3wd"
    # From a proposal of somebody for the circle to the coordinator's decision on it.
    proposal: Annotated[Length, Label("Beslissen over wie voorgesteld is voor de kring")] = "3wd"
    link_expires: Annotated[Length, at_most(_LONGEST), Label("Een persoonlijke link werkt")] = "120d"
    # A request about personal data: the law gives a month, and two more if needed.
    data_request_warn: Annotated[Length, Label("Waarschuwen over een vraag over gegevens")] = "23d"
    data_request_due: Annotated[
        Length, at_most(timedelta(days=31)), Label("Antwoorden op een vraag over gegevens")
    ] = "30d"
    data_request_extension: Annotated[
        Length, at_most(timedelta(days=61)), Label("Extra tijd om te antwoorden")
    ] = "60d"
    # How long a copy can be read, and how long an erasure waits so that it can be withdrawn.
    copy_ready: Annotated[Length, at_most(_LONGEST), Label("Een kopie is te lezen")] = "30d"
    erase_wait: Annotated[Length, Label("Wachten voor iemand gewist wordt")] = "2d"
    erasure_warn: Annotated[Length, Label("Waarschuwen dat wissen duurt")] = "2wd"
    erasure: Annotated[Length, Label("Alles gewist hebben")] = "5wd"
    # How long before a birthday that changes whose consent counts the clock's owner is warned.
    coming_of_age_warn: Annotated[Length, Label("Vooraf melden dat iemand twaalf of achttien wordt")] = "4w"
    # How long after a conference the survey opens, when the one reminder goes, and until when it is open.
    survey: Annotated[Length, Label("De kring vragen hoe de conferentie was")] = "7d"
    survey_remind: Annotated[Length, Label("Herinneren aan de vragen over de conferentie")] = "7d"
    survey_due: Annotated[Length, Label("De vragen over de conferentie sluiten")] = "21d"
    # How many new links a person may request in a day.
    links_a_day: Annotated[int, Field(ge=1, le=20)] = 3
    legal_basis: LegalBases = LegalBases()


policies = Policies(Policy)

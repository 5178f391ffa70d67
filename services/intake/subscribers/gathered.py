"""Where intake's subscriptions are gathered."""

from services.intake.domain.codes import SERVICE
from shared.subscriptions import Subscriptions

subscriptions = Subscriptions(SERVICE)

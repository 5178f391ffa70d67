"""The one builder of test worlds: a service's API and subscriptions in this process, on real parts and empty tables.

`Worlds` opens a service; each service has a class of its own (`tests.support.world.plans.Plans`, ...) whose methods
bring it to the states that tests start from: a referral, an open case with a circle, a scheduled conference, a recorded
plan, a registration. What is the same everywhere is in `World`: who asks (`Principals`), how requests are sent, how
events of other services are delivered (`Case` makes them), and how to read what was published, emailed and started.
"""

from tests.support.world.base import World, problem
from tests.support.world.case import Case
from tests.support.world.clock import NOW, ManualClock
from tests.support.world.principals import Headers, Principals
from tests.support.world.worlds import Worlds

__all__ = ["NOW", "Case", "Headers", "ManualClock", "Principals", "World", "Worlds", "problem"]

"""Readers of pages for anybody, and of pages for a different kind of reader."""

from services.portal.people import known_person
from services.portal.registrants import known_registrant
from services.portal.staff import known_member
from services.portal.visits import Visit


async def whoever(visit: Visit) -> Visit:
    """Let anybody in, as this browser knows them. No service is asked, and no token renewed."""
    return await known_member(visit) or await known_person(visit) or await known_registrant(visit) or visit

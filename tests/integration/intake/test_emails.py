"""Mails: to whom, in which language, and that they say nothing of the case."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake import emails
from shared import mail, messages
from shared.auth import Role
from shared.database import Scope
from shared.languages import LANGUAGES, Language
from shared.messages import NotWanted
from tests.integration.intake.house import House

TEMPLATES = Path(emails.__file__).with_name("templates")
KINDS = sorted({path.name.partition(".")[0] for path in TEMPLATES.iterdir()})


async def written(house: House, kind: str) -> list[mail.Mail]:
    """Return the mails of a kind, as they would be sent now."""
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        rows = await house.rows("SELECT id FROM message WHERE kind = :kind ORDER BY queued_at, id", kind=kind)
        found = [await messages.read(session, row.id) for row in rows]
        return [await emails.write(session, each, house.context) for each in found if each is not None]


class TestWrite:
    async def test_an_offer_says_until_when_in_the_coordinators_language(self, house: House) -> None:
        await house.enter_coordinator(language="fr")
        await house.offer_next(await house.open_case())
        (letter,) = await written(house, "offer-made")
        assert (letter.address, letter.language) == ("malou@voorbeeld.example", "fr")
        assert letter.values["until"] == "mercredi 4 mars 2026, 9\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}00"

    async def test_an_unknown_language_becomes_dutch(self, house: House) -> None:
        await house.enter_coordinator(language="ar")
        await house.offer_next(await house.open_case())
        (letter,) = await written(house, "offer-made")
        assert letter.language == "nl"
        assert mail.render(TEMPLATES, letter)[1] == "Wil jij deze kring begeleiden?"

    async def test_an_offer_that_was_answered_is_not_spoken_of(self, house: House) -> None:
        coordinator = await house.enter_coordinator()
        offer = await house.offer_next(await house.open_case())
        await house.decline(offer, coordinator)
        with pytest.raises(NotWanted):
            await written(house, "offer-made")

    async def test_a_referrer_is_found_where_their_own_organisation_entered_them(self, house: House) -> None:
        await house.assigned_case()
        (letter,) = await written(house, "coordinator-assigned")
        assert letter.address == "hanneke@voorbeeld.example"

    async def test_who_is_not_registered_gets_no_mail(self, house: House) -> None:
        house.referrer_id = UUID(int=7)
        await house.assigned_case()
        with pytest.raises(NotWanted):
            await written(house, "coordinator-assigned")

    async def test_an_officer_hears_of_an_opened_file_and_reads_why_behind_a_link(self, house: House) -> None:
        officer = uuid4()
        await house.enter_staff(officer, house.tenant, "dpo", tenant=house.tenant)
        case, _ = await house.assigned_case()
        path, why = f"/v1/cases/{case.id}/break-glass", "Vandaag is er crisisoverleg."
        opened = await house.do("POST", path, house.manager(), json={"reason": why})
        (letter,) = await written(house, "break-glass-used")
        _, subject, body, page = mail.render(TEMPLATES, letter)
        assert letter.values["link"].endswith(f"/break-glass/{opened['break_glass_id']}")
        assert "maandag 2 maart 2026" in body
        assert not any(why in text or "Verbeeck" in text for text in (subject, body, page))

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_every_kind_is_there_in_every_language(self, kind: str, language: Language) -> None:
        values: dict[str, Any] = {
            "first_name": "Malou",
            "link": "http://127.0.0.1/x",
            "until": "maandag",
            "because": "stopped",
            "role": Role.COORDINATOR,
        }
        letter = mail.Mail(
            address="x@voorbeeld.example", name="Malou", language=language, template=kind, values=values
        )
        found, subject, body, page = mail.render(TEMPLATES, letter)
        assert found == language
        assert "Malou" not in subject
        assert "Malou" in body
        assert "{" not in body
        assert "<a " in page or kind in ("offer-closed", "case-stopped")

    def test_there_is_a_template_for_each_kind_and_no_other(self) -> None:
        assert (
            sorted(
                {
                    "offer-made",
                    "offer-reminder",
                    "offer-closed",
                    "coordinator-assigned",
                    "no-coordinator-left",
                    "referral-received",
                    "case-stopped",
                    "break-glass-used",
                }
            )
            == KINDS
        )

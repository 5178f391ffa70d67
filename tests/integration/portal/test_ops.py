"""Ops sees what is late over all organisations."""

from datetime import timedelta

from shared.auth import Role
from tests.support.portal import Browser

LATE = """
    INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, escalate_to, state, waiting,
                      due_at, changed_at, version)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'intake', 'referral', gen_random_uuid(), gen_random_uuid(),
            'regional-manager', 'administrator', 'breached', true, :due_at, :due_at, 1)
"""


async def test_what_is_late_anywhere_is_shown_by_kind(browser: Browser) -> None:
    await browser.sign_in(Role.OPS)
    assert "Nergens is iets te laat." in (await browser.ask("GET", "/ops", expect=200)).text
    now = await browser.world.now()
    for hours in (1, 30):
        await browser.world.execute(LATE, due_at=now - timedelta(hours=hours))
    page = (await browser.ask("GET", "/ops", expect=200)).text
    assert "referral" in page
    assert page.count(">1</td>") == 2
    assert page.count(">0</td>") == 1


async def test_others_are_not_let_in(browser: Browser) -> None:
    await browser.sign_in(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER)
    await browser.ask("GET", "/ops", expect=403)

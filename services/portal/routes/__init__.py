"""The pages, by who reads them."""

from services.portal.pages import Pages
from services.portal.routes import (
    about,
    agreeing,
    check_in,
    courses,
    data,
    dates,
    invitation,
    link,
    me,
    plan,
    refer,
    sign_in,
    today,
)

PAGES: tuple[Pages, ...] = tuple(
    module.pages
    for module in (
        *(about, link, me, invitation, dates, plan, check_in, agreeing, data, courses),
        *(sign_in, today, refer),
    )
)
ELSE = about.nowhere

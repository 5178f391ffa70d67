"""The pages, by who reads them."""

from services.portal.pages import Pages
from services.portal.routes import (
    about,
    acceptance,
    agreeing,
    audit_log,
    baseline,
    break_glass,
    case_check_ins,
    case_dates,
    case_plan,
    case_plan_writing,
    cases,
    check_in,
    circle,
    circle_person,
    circle_ready,
    colleagues,
    conference,
    coordinators,
    courses,
    daily_mail,
    data,
    data_requests,
    dates,
    invitation,
    keeping,
    link,
    managing,
    me,
    offers,
    ops,
    ops_dead_letters,
    ops_emails,
    ops_services,
    own_registration,
    payments,
    plan,
    refer,
    referrals,
    referring,
    registrations,
    settings,
    sign_in,
    today,
    trainings,
)

PAGES: tuple[Pages, ...] = tuple(
    module.pages
    for module in (
        *(about, link, me, invitation, dates, plan, check_in, agreeing, data, courses, own_registration),
        *(sign_in, today, daily_mail, refer),
        *(offers, cases, baseline, circle, circle_ready, circle_person),
        *(referring, referrals, coordinators, managing),
        *(trainings, registrations, payments),
        *(ops, ops_services, ops_dead_letters, ops_emails),
        *(data_requests, keeping, break_glass, audit_log, colleagues, settings),
        *(case_dates, conference, case_plan, case_plan_writing, case_check_ins, acceptance),
    )
)
ELSE = about.nowhere

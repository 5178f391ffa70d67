"""Network's HTTP API, by caller: the coordinator about the people of a case, and people about themselves."""

from services.network.operations.erasing import erasures
from services.network.routes import (
    circle,
    consents,
    data_requests,
    erasing,
    links,
    me,
    my_consents,
    no_contacts,
    people,
    surveys,
)
from services.network.settings import policies
from shared.http.erasing import erasures_router
from shared.http.gates import PolicyReader
from shared.http.policies import policy_router

routers = [
    people.router,
    circle.router,
    consents.router,
    links.router,
    me.router,
    my_consents.router,
    data_requests.router,
    no_contacts.router,
    surveys.router,
    policy_router(policies, reader=PolicyReader),
    erasing.router,
    erasures_router(erasures),
]

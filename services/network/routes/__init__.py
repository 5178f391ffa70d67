"""Network's HTTP API, by who speaks: the coordinator about the people of a case, and people about themselves."""

from services.network.routes import circle, data_requests, erasing, links, me, people, policy

routers = [
    people.router,
    circle.router,
    links.router,
    me.router,
    data_requests.router,
    policy.router,
    erasing.router,
]

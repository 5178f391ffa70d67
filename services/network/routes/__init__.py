"""Network's HTTP API, by who speaks: the coordinator about people, invitations and the circle; people about themselves."""

from services.network.routes import circle, links, me, people, policy

routers = [people.router, circle.router, links.router, me.router, policy.router]

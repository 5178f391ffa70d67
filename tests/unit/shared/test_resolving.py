"""Dependencies that are ordered once give a route what FastAPI would, as often and in the same order."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, Response

from shared.http.routing import Router

happened: list[str] = []


async def _who(request: Request) -> str:
    happened.append("who")
    if request.headers["who"] == "Stranger":
        raise HTTPException(403)
    return request.headers["who"]


async def _opened(who: Annotated[str, Depends(_who)]) -> AsyncIterator[str]:
    happened.append(f"open for {who}")
    try:
        yield f"open for {who}"
    except RuntimeError:
        happened.append("undone")
        raise
    else:
        happened.append("closed")


async def _half(count: int) -> float:
    happened.append("half")
    return count / 2


async def _half_of(count: int, who: Annotated[str, Depends(_who)]) -> str:
    return f"half of {count} for {who}"


async def _marked() -> None:
    happened.append("marked")


Who = Annotated[str, Depends(_who)]
Opened = Annotated[str, Depends(_opened, scope="function")]
router = Router()


@router.get("/all", dependencies=[Depends(_marked)])
async def give_all(
    who: Who, opened: Opened, half: Annotated[float, Depends(_half)], count: int
) -> list[object]:
    """Answer with everything that was given."""
    happened.append("route")
    return [who, opened, half, count]


@router.get("/fails")
async def fail(_opened: Opened) -> None:
    """Raise."""
    raise RuntimeError


@router.post("/takes")
async def take(body: dict[str, str], who: Who) -> list[str]:
    """Take a body."""
    return [who, *body]


@router.post("/changes")
async def change(who: Who, response: Response) -> list[str]:
    """Change the answer."""
    response.status_code = 202
    return [who]


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of an app with these routes."""
    happened.clear()
    app = FastAPI()
    app.router.routes.extend(router.routes)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://test", headers={"who": "An"}
    ) as found:
        yield found


class TestARoute:
    async def test_is_given_each_once_and_what_it_opened_ends_after_it(
        self, client: httpx2.AsyncClient
    ) -> None:
        answer = await client.get("/all?count=5")
        assert answer.json() == ["An", "open for An", 2.5, 5]
        assert happened == ["marked", "who", "half", "open for An", "route", "closed"]

    def test_cannot_depend_on_what_reads_a_parameter_and_has_dependencies_itself(self) -> None:
        refused = Router()
        with pytest.raises(TypeError, match="/halves"):

            @refused.get("/halves")
            async def halve(_half_of: Annotated[str, Depends(_half_of)]) -> None:
                """Depend on something that reads a parameter and shares a dependency."""

    async def test_that_fails_undoes_what_was_opened(self, client: httpx2.AsyncClient) -> None:
        with pytest.raises(RuntimeError):
            await client.get("/fails")
        assert happened[-1] == "undone"

    async def test_asks_who_it_is_before_it_judges_parameters_and_opens_nothing_for_wrong_ones(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert (await client.get("/all?count=many")).status_code == 422
        assert happened == ["marked", "who"]

    async def test_reads_no_body_of_a_caller_who_is_refused(self, client: httpx2.AsyncClient) -> None:
        async def body() -> AsyncIterator[bytes]:
            happened.append("read")
            yield b"{}"

        assert (await client.post("/takes", content=body(), headers={"who": "Stranger"})).status_code == 403
        assert happened == ["who"]

    async def test_may_change_its_answer(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post("/changes")
        assert (answer.status_code, answer.json()) == (202, ["An"])

"""What people need to take part: said with their answer, or told to the coordinator; and the language they choose."""

from tests.support.world.network import Network

WORDS = "Drie kinderen, en geen varkensvlees"


class TestNeeds:
    async def test_are_said_with_the_answer_and_read_by_the_coordinator(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.invite(case, aunt)
        who = world.person(case, aunt)
        body = {"answer": "yes", "needs": ["childcare", "food", "food"], "needs_words": WORDS}
        await world.do("POST", "/v1/me/invitation/answer", who, json=body)
        said = {"needs": ["childcare", "food"], "needs_words": WORDS}
        assert said.items() <= (await world.do("GET", "/v1/me", who)).items()
        seen = await world.do("GET", f"/v1/persons/{aunt}", world.coordinator(case))
        assert said.items() <= seen.items()

    async def test_that_were_said_stay_when_only_the_answer_changes(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        await world.invite(case, aunt)
        who = world.person(case, aunt)
        body = {"answer": "yes", "needs": ["step-free"]}
        await world.do("POST", "/v1/me/invitation/answer", who, json=body)
        await world.do("POST", "/v1/me/invitation/answer", who, json={"answer": "yes", "mode": "online"})
        assert (await world.do("GET", "/v1/me", who))["needs"] == ["step-free"]

    async def test_are_noted_by_the_coordinator_with_an_answer_and_without(self, world: Network) -> None:
        case = await world.open_case()
        aunt, who = await world.add(case, "Nadia"), world.coordinator(case)
        invitation = await world.invite(case, aunt)
        body = {"answer": "yes", "needs": ["transport"]}
        await world.do("POST", f"/v1/invitations/{invitation}/answer", who, json=body)
        assert (await world.do("GET", f"/v1/persons/{aunt}", who))["needs"] == ["transport"]
        assert (await world.correct(case, aunt, needs=[], needs_words=WORDS)).status_code == 200
        seen = await world.do("GET", f"/v1/persons/{aunt}", who)
        assert (seen["needs"], seen["needs_words"]) == ([], WORDS)

    async def test_are_codes_and_sealed(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        assert (await world.correct(case, aunt, needs=["clowns"])).status_code == 422
        assert (await world.correct(case, aunt, needs=None)).status_code == 422
        assert (await world.correct(case, aunt, needs=["hearing"], needs_words=WORDS)).status_code == 200
        for table in ("person", "outbox"):
            rows = await world.rows(f"SELECT {table}::text AS row FROM {table}")
            assert rows
            assert not any("hearing" in row.row or "varkensvlees" in row.row for row in rows)


class TestTheLanguage:
    async def test_is_chosen_by_somebody_for_their_pages_and_their_next_mail(self, world: Network) -> None:
        case = await world.open_case()
        aunt = await world.add(case, "Nadia")
        who = world.person(case, aunt)
        before = (await world.do("GET", f"/v1/persons/{aunt}", world.coordinator(case)))["version"]
        for _ in range(2):
            await world.do("PUT", "/v1/me/language", who, json={"language": "ar"})
        assert (await world.do("GET", "/v1/me", who))["language"] == "ar"
        seen = await world.do("GET", f"/v1/persons/{aunt}", world.coordinator(case))
        assert (seen["language"], seen["version"]) == ("ar", before + 1)
        assert (await world.ask("PUT", "/v1/me/language", who, json={"language": "de"})).status_code == 422

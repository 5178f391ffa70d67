"""No name, address or sentence of a story is found anywhere but in emails and in the answers of the APIs."""

import re
from importlib import import_module
from urllib.parse import unquote_plus

import pytest

from shared.events import intake
from shared.services import SERVICES
from tests.journeys.conftest import Played
from tests.journeys.finding import finder, searchable

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def names(played: Played) -> re.Pattern[str]:
    """Finds any personal text of the story."""
    return finder(searchable(played.words))


def found_in(names: re.Pattern[str], texts: list[bytes]) -> list[str]:
    """Return what was found, with a little of what stands around it."""
    readable = (text.decode("utf-8", "replace") for text in texts)
    return [
        text[max(0, hit.start() - 60) : hit.end() + 60] for text in readable for hit in names.finditer(text)
    ]


class TestNothingOfPeopleIsFound:
    async def test_names_addresses_and_sentences_are_searched_for(self, played: Played) -> None:
        assert {
            "Benhaddou",
            "ilyas.benhaddou@post.example",
            "0470 00 14 01",
            "Kwartelstraat 27 bus 3, 2899 Dijlebeke",
            "grootmoeder",
            "Niemand hoeft het nog alleen te dragen.",
            "Het loopt beter dan verwacht, zegt Samira. De ochtenden blijven moeilijk.",
            "De Ring, conferenties in eigen kring",
        } <= searchable(played.words)
        assert not {"ring", "case-stopped", "monday", "school-drop-out", "Rupelmeer"} & played.words

    async def test_the_search_finds_names_where_they_belong(
        self, played: Played, names: re.Pattern[str]
    ) -> None:
        bodies = [email.text.encode() for email in played.story.watch.inbox.emails]
        assert all(names.search(body.decode()) for body in bodies)

    async def test_in_messages_of_the_broker(self, played: Played, names: re.Pattern[str]) -> None:
        # What a service tells only itself does not travel; it lies in the dumps of the databases.
        at_home = {
            (name, event_type)
            for name in SERVICES
            for event_type in import_module(f"services.{name}.consumer").subscriptions.own()
        }
        travelled = [
            event
            for event in played.story.watch.ledger.events
            if (event.service, event.type) not in at_home and ".internal." not in event.type
        ]
        assert len(played.broker_messages) >= len(travelled) > 100
        # In this one an organisation presents itself by name: to every other message it is of no interest.
        entered = intake.OrganisationEntered.TYPE.encode()
        others = [message for message in played.broker_messages if entered not in message]
        assert found_in(names, others) == []
        run_conferences = [each for each in played.story.organisations if each.runs_conferences]
        assert len(played.broker_messages) - len(others) == len(run_conferences)

    async def test_in_histories_as_temporal_keeps_them(self, played: Played, names: re.Pattern[str]) -> None:
        assert len(played.raw_histories) > 200
        assert found_in(names, played.raw_histories) == []

    async def test_in_histories_once_decoded(self, played: Played, names: re.Pattern[str]) -> None:
        case = str(played.story.cases["first-case"].id).encode()
        assert any(case in each for each in played.readable_histories)
        assert found_in(names, played.readable_histories) == []

    async def test_in_logs_of_any_part(self, played: Played, names: re.Pattern[str]) -> None:
        assert {"intake", "network", "scheduling", "plans", "training", "postgresql", "rabbitmq"} <= set(
            played.logs
        )
        assert all("event.bug" not in log for log in played.logs.values())
        for part, log in played.logs.items():
            assert found_in(names, [log.encode()]) == [], part

    async def test_in_what_services_tell_in_figures(self, played: Played, names: re.Pattern[str]) -> None:
        for service, metrics in played.metrics.items():
            assert b"kring_http_request_seconds" in metrics, service
            assert found_in(names, [metrics]) == [], service

    async def test_in_spans_of_any_service(self, played: Played, names: re.Pattern[str]) -> None:
        spans = b"\n".join(played.traces)
        for service in SERVICES:
            assert f"kring-{service}".encode() in spans, service
        assert found_in(names, played.traces) == []

    async def test_in_headers_of_dead_letters(self, played: Played, names: re.Pattern[str]) -> None:
        # What was sent stays as it was sent; what is written on it says where it died and of what.
        headers = [repr((email.type, email.headers)).encode() for email in played.dead_letters]
        assert headers
        assert all(b"kring-cause" in each for each in headers)
        assert found_in(names, headers) == []

    async def test_in_addresses_that_were_asked_for(self, played: Played, names: re.Pattern[str]) -> None:
        assert len(played.story.api.asked) > 150
        assert found_in(names, [unquote_plus(each).encode() for each in played.story.api.asked]) == []

    async def test_in_links_of_emails(self, played: Played, names: re.Pattern[str]) -> None:
        texts = [email.text for email in played.story.watch.inbox.emails]
        links = [link for text in texts for link in re.findall(r"https?://\S+", text)]
        assert len(links) > 50
        assert found_in(names, [unquote_plus(link).encode() for link in links]) == []

    async def test_in_dumps_of_the_databases(self, played: Played) -> None:
        # The register of organisations is public, as are the courses; whose names stand in neither are people's.
        public = {organisation.name for organisation in played.story.organisations}
        names = finder(searchable(played.words - public))
        assert any(names.search(email.text) for email in played.story.watch.inbox.emails)
        case = str(played.story.cases["first-case"].id).encode()
        for service in ("intake", "network", "scheduling", "plans"):
            assert case in played.dumps[service], service
        for name, dump in played.dumps.items():
            assert found_in(names, [dump]) == [], name

    async def test_in_subjects_of_emails(self, played: Played, names: re.Pattern[str]) -> None:
        subjects = [email.subject.encode() for email in played.story.watch.inbox.emails]
        assert found_in(names, subjects) == []

    async def test_in_the_report(self, played: Played, names: re.Pattern[str]) -> None:
        # The story's own title is told as it is.
        content = {key: value for key, value in played.report.items() if key != "story"}
        assert found_in(names, [str(content).encode()]) == []

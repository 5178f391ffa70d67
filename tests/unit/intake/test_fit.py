"""Which coordinator is asked first."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.fit import Candidate, Wishes, in_order_of_fit

CENTRE = UUID(int=1)


def candidate(
    *,
    languages: tuple[str, ...] = ("nl",),
    gender: str | None = None,
    cultures: tuple[str, ...] = (),
    load: int = 0,
    max_load: int = 3,
    tied_to: frozenset[UUID] = frozenset(),
) -> Candidate:
    return Candidate(
        id=uuid4(),
        languages=languages,
        gender=gender,
        cultures=cultures,
        load=load,
        max_load=max_load,
        tied_to=tied_to,
    )


def order(candidates: list[Candidate], wishes: Wishes) -> list[Candidate]:
    return in_order_of_fit(candidates, wishes=wishes, parties={CENTRE}, not_again=set())


class TestOrder:
    def test_language_comes_before_gender_before_culture_before_load(self) -> None:
        wishes = Wishes(languages=("nl", "ar"), gender="female", culture="Maghreb")
        loaded = candidate(languages=("ar", "nl"), gender="female", cultures=("maghreb",), load=2)
        other_culture = candidate(languages=("ar", "nl"), gender="female")
        other_gender = candidate(languages=("ar", "nl"), gender="male", cultures=("maghreb",))
        one_language = candidate(languages=("nl",), gender="female", cultures=("maghreb",))
        mixed = [one_language, other_gender, other_culture, loaded]
        assert order(mixed, wishes) == [loaded, other_culture, other_gender, one_language]

    def test_without_wishes_the_least_loaded_is_first(self) -> None:
        busy, free = candidate(load=2), candidate(load=0)
        assert order([busy, free], Wishes()) == [free, busy]

    def test_a_wish_never_excludes_anybody(self) -> None:
        somebody = candidate(languages=("fr",), gender="male")
        assert order([somebody], Wishes(languages=("nl",), gender="female", culture="x")) == [somebody]


class TestWhoMayBeAsked:
    def test_nobody_who_is_tied_full_or_was_asked(self) -> None:
        tied, full, asked = candidate(tied_to=frozenset({CENTRE})), candidate(load=3), candidate()
        elsewhere = candidate(tied_to=frozenset({UUID(int=2)}))
        found = in_order_of_fit(
            [tied, full, asked, elsewhere], wishes=Wishes(), parties={CENTRE}, not_again={asked.id}
        )
        assert found == [elsewhere]

    @given(
        st.lists(
            st.builds(
                candidate,
                languages=st.lists(st.sampled_from(["nl", "fr", "ar"]), unique=True).map(tuple),
                gender=st.sampled_from(["female", "male", None]),
                load=st.integers(0, 4),
                tied_to=st.sampled_from([frozenset[UUID](), frozenset({CENTRE})]),
            ),
            max_size=8,
        )
    )
    def test_depends_on_nothing_but_the_candidates(self, candidates: list[Candidate]) -> None:
        wishes = Wishes(languages=("nl", "fr"), gender="female")
        found = order(candidates, wishes)
        assert found == order(candidates[::-1], wishes)
        assert {each.id for each in found} == {
            each.id for each in candidates if each.load < each.max_load and CENTRE not in each.tied_to
        }

"""Builds response bodies from people's answers."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.network.domain import Basis, Purpose
from services.network.domain.consents import (
    ABOUT_A_CHILD,
    AUDIENCES,
    Audience,
    Voice,
    differ,
    holders_of,
    is_complete,
)
from services.network.models import Consent
from services.network.queries.consents import Picture
from services.network.queries.texts import TextOf
from services.network.schemas.consents import (
    Concerned,
    ConsentView,
    MyConsents,
    PersonStatus,
    PurposeStatus,
    Question,
    TextsView,
    TextView,
    VoiceView,
)

_OF_ANYBODY = (Purpose.TAKING_PART, Purpose.MAIL, Purpose.RESEARCH)


def consent_view(consent: Consent, *, current: Mapping[Purpose, int]) -> ConsentView:
    """Return a person's answer about a purpose."""
    return ConsentView(
        purpose=consent.purpose,
        concerns=consent.concerns,
        given=consent.given,
        version=consent.version,
        language=consent.language,
        via=consent.via,
        recorded_at=consent.created_at,
        stale=consent.version < current[Purpose(consent.purpose)],
    )


def texts_view(text: TextOf) -> TextsView:
    """Return a version of a purpose's text."""
    return TextsView(
        purpose=text.purpose,
        version=text.version,
        own=text.own,
        texts=[
            TextView(audience=Audience(audience), language=language, title=words.title, body=words.body)
            for (audience, language), words in sorted(text.words.items())
        ],
    )


def asked(picture: Picture, person_id: UUID) -> list[tuple[Purpose, UUID | None, Audience]]:
    """Return what a person is asked today: for themselves, and about the children over whom they hold authority."""
    someone, people = picture.people[person_id], picture.people.values()
    audience = picture.group(person_id).audience
    own = {*_OF_ANYBODY, *([Purpose.SHARE_PLAN] if someone.central else [])}
    # An answer stays visible as long as somebody can withdraw it.
    own |= {purpose for purpose in Purpose if (person_id, purpose, None) in picture.last}
    found: list[tuple[Purpose, UUID | None, Audience]] = [
        (purpose, None, audience if audience in AUDIENCES[purpose] else AUDIENCES[purpose][0])
        for purpose in Purpose
        if purpose in own
    ]
    found += [
        (Purpose.FILE_ACCESS, holder.person_id, Audience.YOUNG)
        for holder in holders_of(someone, people, picture.today)
    ]
    children = [child for child in people if someone.holds_authority_over(child, picture.today)]
    found += [
        (purpose, child.person_id, Audience.PARENT)
        for child in children
        for purpose in ABOUT_A_CHILD
        if purpose != Purpose.REFERRAL
    ]
    # Nothing shows a person to one they must not be brought in contact with: the coordinator asks them instead.
    return [
        question
        for question in found
        if question[1] is None or frozenset((person_id, question[1])) not in picture.apart
    ]


def my_consents(
    picture: Picture,
    person_id: UUID,
    *,
    language: str,
    texts: Mapping[Purpose, TextOf],
    names: Mapping[UUID, str | None],
    basis: Basis,
) -> MyConsents:
    """Return what a person is asked, in their language, with their latest answers."""
    items = []
    for purpose, concerns, audience in asked(picture, person_id):
        spoken, words = texts[purpose].for_reader(audience, language)
        said = picture.last.get((person_id, purpose, concerns))
        items.append(
            Question(
                purpose=purpose,
                concerns=None
                if concerns is None
                else Concerned(person_id=concerns, first_name=names[concerns]),
                version=texts[purpose].version,
                audience=audience,
                language=spoken,
                title=words.title,
                body=words.body,
                said=None if said is None else consent_view(said, current=picture.versions),
                stale=said is not None and picture.is_stale(said),
            )
        )
    return MyConsents(legal_basis=basis, items=items)


def person_status(picture: Picture, person_id: UUID) -> PersonStatus:
    """Return whose consent is needed about a central person, and what they answered."""
    holders = holders_of(picture.people[person_id], picture.people.values(), picture.today)
    return PersonStatus(
        person_id=person_id,
        age=picture.group(person_id),
        holders_known=bool(holders),
        purposes=[_purpose_status(picture, person_id, purpose) for purpose in ABOUT_A_CHILD],
        file_access=[
            holder.person_id for holder in holders if picture.may_read_file_of(holder.person_id, person_id)
        ],
    )


def _purpose_status(picture: Picture, person_id: UUID, purpose: Purpose) -> PurposeStatus:
    heard = picture.voices(person_id, purpose)
    return PurposeStatus(
        purpose=purpose,
        voices=_voice_views(heard),
        complete=is_complete(picture.group(person_id), heard),
        differ=differ(heard),
        allowed=picture.allows(person_id, purpose),
    )


def _voice_views(heard: Sequence[Voice]) -> list[VoiceView]:
    return [
        VoiceView(
            person_id=voice.person_id,
            speaks=voice.speaks,
            needed=voice.needed,
            given=None if voice.word is None else voice.word.given,
            version=None if voice.word is None else voice.word.version,
            stale=voice.word is not None and voice.word.stale,
            recorded_at=None if voice.word is None else voice.word.at,
        )
        for voice in heard
    ]

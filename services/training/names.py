"""Names as banks write them: in capitals, without accents, in Latin letters, the last name first, cut off."""

from anyascii import anyascii

# Nobody has more: the work on strangers' input is bounded.
_MOST_WORDS = 8
_LONGEST_WORD = 30
_LONGEST = 200


def words_of(text: str, most: int = _MOST_WORDS) -> tuple[str, ...]:
    """Return the words of a text in plain small letters and digits, in order: of `Łukasz O'Neill` lukasz, oneill."""
    plain = anyascii(text[:_LONGEST]).lower().replace("'", "")
    bare = "".join(sign if sign.isalnum() else " " for sign in plain)
    return tuple(word[:_LONGEST_WORD] for word in bare.split()[:most])

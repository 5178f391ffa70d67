"""Finding people's words again in whatever text they may have leaked into."""

import re

# Shorter ones are found in any text by chance.
_SHORTEST = 4


def searchable(texts: set[str]) -> set[str]:
    """Return the texts that are long enough to search for."""
    return {text for text in texts if len(text) >= _SHORTEST}


def finder(texts: set[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the texts as whole words, whatever its capitals and spacing."""
    if not texts:
        raise ValueError("there is nothing to search for")
    longest_first = sorted(texts, key=len, reverse=True)
    patterns = [r"\s+".join(re.escape(part) for part in text.split()) for text in longest_first]
    return re.compile(r"(?<!\w)(?:" + "|".join(patterns) + r")(?!\w)", re.IGNORECASE)

"""Numbers with their word, for people: `1 order`, `3 orders`. Pure."""

from __future__ import annotations


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number and its word; `plural` is for words that do not just get an `s`."""
    return f"{number:,} {word_for(number, singular, plural)}"


def word_for(number: int, singular: str, plural: str = "") -> str:
    """Return the word that goes with a number: also a verb, as in `word_for(1, "waits", "wait")`."""
    return singular if number == 1 else plural or f"{singular}s"

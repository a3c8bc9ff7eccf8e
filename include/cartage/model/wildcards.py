"""Patterns in settings and mappings: `*` matches any characters, `?` one, all others themselves."""

from __future__ import annotations

import re
from functools import cache

from cartage.model.texts import comparable


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text matches the pattern; both are compared as `comparable` names."""
    return _compiled(pattern).fullmatch(as_compared(text)) is not None


def as_regex(pattern: str) -> str:
    """Return a regular expression without groups, for a text `as_compared`; `.` must match line breaks.

    The part after each `*` is taken where it occurs first, and never again later (an atomic group): otherwise a long
    text takes time by a power of its length, one more for each `*`.
    """
    first, *rest = (_plain(part) for part in as_compared(pattern).split("*"))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{part})" for part in middle if part) + f".*{last}"


def _plain(part: str) -> str:
    return "".join("." if char == "?" else re.escape(char) for char in part)


def as_compared(text: str) -> str:
    """Return a pattern or text in the form that is compared."""
    return comparable(text, name=True)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(as_regex(pattern), re.DOTALL)

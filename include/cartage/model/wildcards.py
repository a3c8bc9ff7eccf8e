"""Patterns as a shop's owner writes them: `*` for any characters, `?` for one, all else for itself."""

from __future__ import annotations

import re
from functools import cache

_WILD = {"*": ".*", "?": "."}


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern, in any letter case; blanks around either do not count."""
    return _compiled(pattern).fullmatch(as_compared(text)) is not None


def as_regex(pattern: str) -> str:
    """The pattern as a regular expression without groups, for a text `as_compared`; `.` must match line breaks."""
    return "".join(_WILD.get(one, re.escape(one)) for one in as_compared(pattern))


def as_compared(text: str) -> str:
    """What of a text counts: no blanks around it, no letter case."""
    return text.strip().casefold()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(as_regex(pattern), re.DOTALL)


def like_pattern(pattern: str) -> str:
    """The pattern as SQL's ILIKE takes it, whose own wildcards then stand for themselves."""
    escaped = {"*": "%", "?": "_", "%": r"\%", "_": r"\_", "\\": "\\\\"}
    return "".join(escaped.get(one, one) for one in pattern.strip())

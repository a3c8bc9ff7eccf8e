"""Patterns as a shop's owner writes them: `*` for any characters, `?` for one, all else for itself."""

from __future__ import annotations

import re
from functools import cache


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern, in any letter case; blanks around either do not count."""
    return _compiled(pattern).fullmatch(text.strip().casefold()) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(one, re.escape(one)) for one in pattern.strip().casefold()), re.DOTALL)


def like_pattern(pattern: str) -> str:
    """The pattern as SQL's ILIKE takes it, whose own wildcards then stand for themselves."""
    escaped = {"*": "%", "?": "_", "%": r"\%", "_": r"\_", "\\": "\\\\"}
    return "".join(escaped.get(one, one) for one in pattern.strip())

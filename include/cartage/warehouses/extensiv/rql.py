"""RQL, the query language of Extensiv's lists: conditions as text, with encoded values.

It knows no property of any resource; the callers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

# The server decodes the query twice: as a URL, which `requests` encodes, and as RQL, which is encoded here. `:`
# stays as it is, for timestamps. Everything else except letters and digits is encoded: the documented
# `% ! ( ) * = , ;`, and what a plain URL decoder would change on the second pass (`+`, spaces).
_PLAIN = ":"
# Web servers refuse long addresses (ASP.NET a query string of more than 2,048 characters).
_LONGEST = 1500
# IIS refuses them in any encoding.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def encode(value: str | int) -> str:
    """Encode a value for RQL (warehouse-apis.md section 2, "Get by reference")."""
    return quote(str(value), safe=_PLAIN)


def equal(name: str, value: str | int) -> str:
    """Match rows in which `name` is exactly `value`."""
    return f"{name}=={encode(value)}"


def is_false(name: str) -> str:
    """Match rows in which `name` is false."""
    return f"{name}==false"


def is_true(name: str) -> str:
    """Match rows in which `name` is true."""
    return f"{name}==true"


def starts_with(name: str, value: str) -> str:
    """Match rows in which `name` begins with `value`."""
    return f"{name}=={encode(value)}*"


def contains(name: str, value: str) -> str:
    """Match rows in which `name` contains `value`."""
    return f"{name}==*{encode(value)}*"


def at_least(name: str, value: str) -> str:
    """Match rows in which `name` is `value` or greater."""
    return f"{name}=ge={encode(value)}"


def greater(name: str, value: str) -> str:
    """Match rows in which `name` is greater than `value`."""
    return f"{name}=gt={encode(value)}"


def any_of(name: str, values: Iterable[str]) -> str:
    """Match rows in which `name` is one of `values`. There must be at least one value."""
    return f"{name}=in=({','.join(encode(value) for value in values)})"


def every(*conditions: str) -> str:
    """Match rows that meet all conditions. Empty conditions are ignored."""
    return ";".join(condition for condition in conditions if condition)


def either(*conditions: str) -> str:
    """Match rows that meet any of the conditions. There must be at least one condition."""
    return f"({','.join(conditions)})"


def can_ask(value: str, *, longest: int = _LONGEST) -> bool:
    """Return whether a query can have this value: it fits into a URL, and has no control characters."""
    return not _CONTROLS.search(value) and len(value) <= longest and _cost(value) <= longest


def _cost(value: str) -> int:
    """Return the length of a value in a URL: each `%` of the encoded value becomes `%25`."""
    return len(quote(encode(value)))


def chunks(values: Sequence[str], *, longest: int = _LONGEST, most: int = 50) -> Iterator[list[str]]:
    """Split values into groups whose encoded text keeps the URL short enough for any proxy."""
    chunk: list[str] = []
    length = 0
    for value in values:
        cost = _cost(value) + 3
        if chunk and (len(chunk) == most or length + cost > longest):
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += cost
    if chunk:
        yield chunk

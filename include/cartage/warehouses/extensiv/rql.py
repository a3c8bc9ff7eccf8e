"""RQL, the query language of Extensiv's lists: conditions as text, with values made safe.

It knows no property of any resource; those stand where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

# The server decodes the query twice: once as a URL, which requests encodes, and once as RQL, which is done
# here. `:` stays as it is, for timestamps; everything else beyond letters and digits is encoded, which covers
# the documented `% ! ( ) * = , ;` and also what a plain URL decoder would change on the second pass (`+`,
# spaces).
_PLAIN = ":"


def encode(value: str | int) -> str:
    """A value as RQL wants it (warehouse-apis.md section 2, "Get by reference")."""
    return quote(str(value), safe=_PLAIN)


def equal(name: str, value: str | int) -> str:
    """`name` is exactly `value`."""
    return f"{name}=={encode(value)}"


def is_false(name: str) -> str:
    """`name` is false."""
    return f"{name}==false"


def starts_with(name: str, value: str) -> str:
    """`name` begins with `value`."""
    return f"{name}=={encode(value)}*"


def contains(name: str, value: str) -> str:
    """`value` occurs in `name`."""
    return f"{name}==*{encode(value)}*"


def at_least(name: str, value: str) -> str:
    """`name` is `value` or greater."""
    return f"{name}=ge={encode(value)}"


def any_of(name: str, values: Iterable[str]) -> str:
    """`name` is one of `values`, of which there is at least one."""
    return f"{name}=in=({','.join(encode(value) for value in values)})"


def every(*conditions: str) -> str:
    """All conditions hold; empty ones count as none."""
    return ";".join(condition for condition in conditions if condition)


def either(*conditions: str) -> str:
    """One of the conditions holds, of which there is at least one."""
    return f"({','.join(conditions)})"


def chunks(values: Sequence[str], *, longest: int = 1500, most: int = 50) -> Iterator[list[str]]:
    """Cut values into groups whose encoded text keeps a URL short enough for any proxy."""
    chunk: list[str] = []
    length = 0
    for value in values:
        # Each `%` of the value becomes `%25` in the URL: three characters for one.
        cost = len(quote(encode(value))) + 3
        if chunk and (len(chunk) == most or length + cost > longest):
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += cost
    if chunk:
        yield chunk

"""A remote's response as received, for people who want to see exactly what it was."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response to a write: its HTTP status (None if there is none) and its body, which may contain anything.

    `repr` does not show the body, which may contain personal data.
    """

    status: int | None
    body: str = field(repr=False)

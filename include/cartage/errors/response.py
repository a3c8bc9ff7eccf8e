"""What a remote answered, as it came: for people who ask what exactly was said."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawResponse:
    """One answer to a write: its HTTP status (None where there is none) and its body, which may hold anything.

    `repr` shows no body: it may be a person's address.
    """

    status: int | None
    body: str = field(repr=False)

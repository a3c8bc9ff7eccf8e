"""Types of the values that forms and addresses carry, within what the ledger can hold."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query

_MOST_ID = 2**63 - 1

QueryId = Annotated[int, Query(ge=1, le=_MOST_ID)]
"""The id of a row, in an address."""

FormId = Annotated[int, Form(ge=1, le=_MOST_ID)]
"""The id of a row, in a form."""

PageId = Annotated[int | None, Query(ge=1, le=_MOST_ID)]
"""The id of the row where the page before ended; None is the first page."""

FormText = Annotated[str, Form(max_length=500)]
"""A text that a person typed."""


def storable(text: str) -> str:
    """Return a text without NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "")

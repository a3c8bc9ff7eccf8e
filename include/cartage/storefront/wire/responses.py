"""Read response bodies: result objects, and errors inside a success.

Decides nothing: `cartage.errors.table` says which error a result stands for, and the caller what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Part of the message that says that an offset is past the end of a list (3dcart-api.md, section 3.2).
_PAST_THE_END = "offset amount exceeds"
_LONGEST_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Result:
    """A result object (section 6.3). `status` is 0 if it has no readable one."""

    key: str
    value: str
    status: int
    message: str

    @property
    def past_the_end(self) -> bool:
        """Return whether it says that a list has no more rows."""
        return _PAST_THE_END in self.message.lower()


def results(value: object) -> tuple[Result, ...]:
    """Return the result objects in the response to a write; empty if there are none."""
    entries = value if isinstance(value, list) else [value]
    return tuple(_result(entry) for entry in entries if isinstance(entry, Mapping) and _is_result(entry))


def error_in(value: object) -> Result | None:
    """Return the error that a response carries as its first element, whatever its HTTP status (section 9)."""
    first = next(iter(results(value)), None)
    return first if first and first.key.lower() == "error" else None


def message_in(value: object) -> str:
    """Return the message of a refusal; empty if it has none. Also reads ASP.NET's `{"Message": ...}`."""
    if found := next(iter(results(value)), None):
        return found.message
    return _short(value.get("Message")) if isinstance(value, Mapping) else ""


def _is_result(entry: Mapping[str, object]) -> bool:
    return "Key" in entry and "Status" in entry and "OrderID" not in entry


def _result(entry: Mapping[str, object]) -> Result:
    status = str(entry.get("Status") or "").strip()
    value = entry.get("Value")
    return Result(
        key=_short(entry.get("Key")),
        value="" if value is None else str(value).strip(),
        status=int(status) if status.isascii() and status.isdigit() and len(status) <= 3 else 0,
        message=_short(entry.get("Message")),
    )


def _short(value: object) -> str:
    return " ".join(str(value or "").split())[:_LONGEST_MESSAGE]

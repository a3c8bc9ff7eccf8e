"""The store's order statuses: fixed ids and names, with labels that the merchant may change (section 5).

An order may move between any of them, as in the real API.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from cartage_sandbox.threedcart.wire.messages import encode


class Status(IntEnum):
    """OrderStatusID, for those that have a meaning to the emulator itself."""

    NEW = 1
    PROCESSING = 2
    PARTIAL = 3
    SHIPPED = 4
    CANCEL = 5
    HOLD = 6
    NOT_COMPLETED = 7
    UNPAID = 11


# StatusDefinition by id, and the label if it differs.
_DEFINITIONS = (
    "New", "Processing", "Partial", "Shipped", "Cancel", "Hold", "Not Completed", "Custom 1", "Custom 2",
    "Custom 3", "Unpaid", "Recurring Orders", "Review", "POS", "Custom 4", "Custom 5", "Custom 6", "Custom 7",
    "Custom 8",
)  # fmt: skip
_LABELS = {"Processing": "In Process", "Cancel": "Canceled", "Custom 1": "Ready for Warehouse"}
_HIDDEN = frozenset(("Custom 4", "Custom 5", "Custom 6", "Custom 7", "Custom 8"))


class Statuses:
    """The rows behind GET /OrderStatus."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, Any]] = {
            number: {
                "OrderStatusID": number,
                "Sorting": number,
                "StatusDefinition": name,
                "StatusText": _LABELS.get(name, name),
                "Visible": name not in _HIDDEN,
            }
            for number, name in enumerate(_DEFINITIONS, 1)
        }

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def ids(self) -> list[int]:
        """Return all ids, ascending."""
        return list(self._rows)

    def body(self, number: int) -> bytes:
        """Return a row as JSON. Raises KeyError."""
        return encode(self._rows[number])

    def relabel(self, number: int, text: str | None = None, visible: bool | None = None) -> dict[str, Any]:
        """Change a label or its visibility, as the merchant would. Return the row. Raises KeyError."""
        row = self._rows[number]
        if text is not None:
            row["StatusText"] = text[:50]
        if visible is not None:
            row["Visible"] = visible
        return dict(row)

    def remove(self, number: int) -> None:
        """Remove a status, as in a store that is older than the status. Raises KeyError."""
        del self._rows[number]

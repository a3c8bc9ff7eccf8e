"""A lenient reader of one object on the wire: a fault becomes a problem that names the field, not an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cartage.errors.problems import Problem, ProblemKind
from cartage.storefront.wire import orders as wire
from cartage.storefront.wire.times import parse_store_time


@dataclass(slots=True)
class Reader:
    """Read one object's fields. A null or missing field gives its default; a field of the wrong type is a problem.

    All objects of an order share one dict of problems, which names each field once, by its path.
    """

    fields: Mapping[str, Any]
    problems: dict[str, Problem] = field(default_factory=dict)
    path: str = ""

    def text(self, name: str) -> str:
        """Return a text as it is; a number as its digits."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if wire.decimal(value) is not None:
            return str(value)
        self.fault(name, "a text")
        return ""

    def whole(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number; `default` for null, missing or empty."""
        value = self.fields.get(name)
        if value is None or value == "":
            return default
        number = wire.whole(value)
        if number is None:
            self.fault(name, "a whole number")
        return default if number is None else number

    def number(self, name: str) -> Decimal:
        """Return an exact number; 0 for null, missing or empty."""
        value = self.fields.get(name)
        if value is None or value == "":
            return Decimal(0)
        number = wire.decimal(value)
        if number is None:
            self.fault(name, "a number")
        return Decimal(0) if number is None else number

    def quantity(self, name: str) -> Decimal | None:
        """Return a quantity of 0 or more. Any other value is a problem, null, missing and empty included."""
        number = wire.quantity(self.fields.get(name))
        if number is None:
            self.fault(name, "a quantity of 0 or more")
        return number

    def time(self, name: str, zone: ZoneInfo) -> datetime | None:
        """Return an instant in UTC; None for null, missing, empty or "never"."""
        try:
            return parse_store_time(self.text(name), zone)
        except ValueError:
            self.fault(name, "a time")
            return None

    def rows(self, name: str) -> Iterator[Reader]:
        """Yield a reader for each object of a list; none for a null or missing list."""
        value = self.fields.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(name, "a list")
            return
        for row in value:
            if isinstance(row, Mapping):
                yield Reader(row, self.problems, f"{name}[].")
            else:
                self.fault(f"{name}[]", "an object")

    def fault(self, name: str, wanted: str, fix: str = "") -> None:
        """Record that a field cannot be read."""
        subject = f"{self.path}{name}"
        self.problems[subject] = Problem(
            ProblemKind.MALFORMED_FIELD,
            subject,
            f"the store's field {subject} is not {wanted}",
            fix or "Open the order in 3dcart, correct the field and save it.",
        )

"""Which orders to list, in terms of the store's filters. The filters are coarse: they also match other orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cartage.storefront.wire.times import day_span, local_span


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """A filter for the list of orders. Every part is optional; an order must match all parts that are given.

    Bounds are aware instants. The list has every order that matches, and some that do not: orders placed
    within an hour or so of a bound at which the clocks change, and orders changed up to two days outside (the
    filter compares days only: 3dcart-api.md, section 4.1). A caller that needs exact bounds must compare again.
    """

    zone: ZoneInfo
    status: int | None = None
    ordered_from: datetime | None = None
    ordered_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("ordered_from", "ordered_to", "updated_from", "updated_to"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{name} needs a time zone: {moment}")

    def parameters(self) -> dict[str, str]:
        """Return the query parameters, without paging."""
        date_start, date_end = local_span(self.ordered_from, self.ordered_to, self.zone)
        update_start, update_end = day_span(self.updated_from, self.updated_to, self.zone)
        named = {
            "orderstatus": "" if self.status is None else str(self.status),
            "datestart": date_start,
            "dateend": date_end,
            "lastupdatestart": update_start,
            "lastupdateend": update_end,
        }
        return {name: value for name, value in named.items() if value}

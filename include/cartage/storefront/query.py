"""Which orders to list, as the store's filters take it. They are coarse: they let more through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cartage.storefront.wire.times import day_span, local_span


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """A filter of the list of orders; every part is optional, and all that are given must hold.

    Ends are aware instants. The list holds every order that matches, and some that do not: those placed
    within an hour or so of an end where the clocks change, and those changed up to two days outside (the
    filter knows days only: 3dcart-api.md, section 4.1). Whoever needs it exact compares once more.
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
        """The query's parameters, without those of paging."""
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

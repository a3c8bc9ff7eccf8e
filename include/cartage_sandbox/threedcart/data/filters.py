"""The filters of GET /Orders: read them from a query, and match entries (3dcart-api.md section 4.1).

Parameter names arrive in lower case. Unknown parameters are ignored, as in ASP.NET.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.threedcart.data.entries import Entry
from cartage_sandbox.threedcart.wire.messages import ApiError, whole
from cartage_sandbox.threedcart.wire.times import FilterTime, parse_filter

_EARLIEST, _LATEST = datetime.min, datetime.max  # noqa: DTZ901 - bounds of naive times


@dataclass(frozen=True, slots=True)
class Criteria:
    """The orders that a query wants. Bounds are inclusive and store-local."""

    statuses: frozenset[int] | None = None
    order_id: int | None = None
    invoice: int | None = None
    invoices: tuple[int, int] | None = None
    prefix: str | None = None
    email: str | None = None
    ordered: tuple[datetime, datetime] | None = None
    updated: tuple[datetime, datetime] | None = None

    @property
    def by_status_alone(self) -> bool:
        """Return whether only the status counts, so that the index alone suffices."""
        return self == Criteria(statuses=self.statuses)

    def matches(self, entry: Entry) -> bool:
        """Return whether an entry matches everything except `statuses`, which the index checks."""
        return (
            (self.ordered is None or self.ordered[0] <= entry.ordered <= self.ordered[1])
            and (self.updated is None or self.updated[0] <= entry.updated <= self.updated[1])
            and (self.order_id is None or self.order_id == entry.order_id)
            and (self.invoice is None or self.invoice == entry.invoice)
            and (self.invoices is None or self.invoices[0] <= entry.invoice <= self.invoices[1])
            and (self.prefix is None or self.prefix.lower() == entry.prefix.lower())
            and (self.email is None or self.email.lower() == entry.email)
        )


def criteria_of(query: Mapping[str, str], rules: Rules) -> Criteria:
    """Return the criteria of a query. Raises ApiError 400 for a value that cannot be read."""
    return Criteria(
        statuses=_statuses(query.get("orderstatus"), rules),
        order_id=_number(query, "orderid"),
        invoice=_number(query, "invoicenumber"),
        invoices=_invoices(query),
        prefix=query.get("invoiceprefix") or None,
        email=query.get("billingemail") or None,
        ordered=_between(_time(query, "datestart"), _last(_time(query, "dateend"))),
        updated=updated_range(query, rules),
    )


def updated_range(query: Mapping[str, str], rules: Rules) -> tuple[datetime, datetime] | None:
    """Return the bounds on LastUpdate: by day, unless the rule compares the time of day too."""
    start, end = _time(query, "lastupdatestart"), _time(query, "lastupdateend")
    if rules["lastupdate_granularity"] == "day":
        start, end = _day(start), _day(end)
    last = _last(end)
    if end is not None and end.date_only and rules["lastupdateend_day"] == "exclusive":
        last = end.moment - timedelta(microseconds=1)
    return _between(start, last)


def _statuses(text: str | None, rules: Rules) -> frozenset[int] | None:
    if not text:
        return None
    parts = [part for part in text.split(",") if part.strip()]
    if len(parts) > 1 and rules["multi_status_filter"] == "reject":
        raise ApiError(400, "The value is not valid for orderstatus")
    selected = parts[:1] if rules["multi_status_filter"] == "first" else parts
    return frozenset(whole(part, "orderstatus") for part in selected)


def _invoices(query: Mapping[str, str]) -> tuple[int, int] | None:
    first, last = _number(query, "invoicenumberstart"), _number(query, "invoicenumberend")
    if first is None and last is None:
        return None
    return (first or 0, last if last is not None else 2**63)


def _number(query: Mapping[str, str], name: str) -> int | None:
    return whole(query[name], name) if query.get(name) else None


def _time(query: Mapping[str, str], name: str) -> FilterTime | None:
    if not query.get(name):
        return None
    try:
        return parse_filter(query[name])
    except ValueError as error:
        raise ApiError(400, f"The value is not valid for {name}") from error


def _day(time: FilterTime | None) -> FilterTime | None:
    return FilterTime(time.moment.replace(hour=0, minute=0, second=0), True) if time else None


def _last(time: FilterTime | None) -> datetime | None:
    return time.last_moment if time else None


def _between(start: FilterTime | None, last: datetime | None) -> tuple[datetime, datetime] | None:
    if start is None and last is None:
        return None
    return (start.moment if start else _EARLIEST, last if last is not None else _LATEST)

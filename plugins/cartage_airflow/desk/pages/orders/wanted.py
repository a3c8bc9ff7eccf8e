"""The filter that the address of the order list describes, and the address that a filter has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from cartage.lanes.settings.lane import Lane
from cartage.model.states import State
from cartage.operations.views.order_list import Filter, Sort
from cartage_airflow.desk.access import CanSeeLanes
from cartage_airflow.desk.parameters import storable

_Text = Annotated[str, Field(max_length=100)]
# The longest that an order can be in a state, for a filter: some ten years.
_MOST_HOURS = 90_000
# What a saved view keeps: filters and sorting, not the search, nor the place in the list.
VIEW_PARAMETERS = (
    "lane",
    "state",
    "since",
    "until",
    "older",
    "method",
    "country",
    "sku",
    "carrier",
    "warehouse",
    "least",
    "most",
    "sort",
    "up",
)


class OrderQuery(BaseModel):
    """The parameters of an address of the list, as they are typed."""

    q: str = Field("", max_length=200)
    state: list[str] = Field(default_factory=list, max_length=20)
    since: str = Field("", max_length=10)
    until: str = Field("", max_length=10)
    older: str = Field("", max_length=10)
    method: _Text = ""
    country: _Text = ""
    sku: _Text = ""
    carrier: _Text = ""
    warehouse: _Text = ""
    least: str = Field("", max_length=20)
    most: str = Field("", max_length=20)
    sort: str = Field("", max_length=20)
    up: str = Field("", max_length=5)
    cause: int | None = Field(None, ge=1, le=2**63 - 1)


def wanted_orders(access: CanSeeLanes, typed: Annotated[OrderQuery, Query()]) -> Filter:
    """Return the filter of a query; values that make no sense filter nothing.

    Names and e-mail addresses are searched for only in lanes on which the user may act.
    """
    lanes = tuple(lane for lane in access.lanes if not typed.warehouse or _names_at(lane, typed.warehouse))
    several = any(lane.warehouses for lane in lanes)
    places = [f"{lane.name}/{name}" for lane in lanes for name in _names_at(lane, typed.warehouse)]
    return Filter(
        lanes=tuple(lane.name for lane in lanes),
        # Lanes with one warehouse are those that it is of: their orders need no further look.
        places=tuple(places) if typed.warehouse and several else (),
        text=storable(typed.q),
        personal=access.acting,
        states=tuple(dict.fromkeys(State(name) for name in typed.state if name in list(State))),
        cause=typed.cause,
        since=_day(typed.since),
        until=_day(typed.until),
        older_than=_hours(typed.older),
        ship_method=storable(typed.method),
        country=storable(typed.country),
        sku=storable(typed.sku),
        carrier=storable(typed.carrier),
        least=_amount(typed.least),
        most=_amount(typed.most),
        sort=Sort(typed.sort) if typed.sort in list(Sort) else Sort.IMPORTED,
        up=typed.up == "1",
    )


def _names_at(lane: Lane, connection: str) -> list[str]:
    """Return the names of those of a lane's warehouses that have a connection; of its only one, an empty name."""
    return [view.warehouse_name for view in lane.views() if view.warehouse.connection == connection]


Wanted = Annotated[Filter, Depends(wanted_orders)]
"""The filter of the request's address."""


def query_of(wanted: Filter, *, lane: str, warehouse: str) -> dict[str, str | Sequence[str]]:
    """Return the filter as the query of an address; `lane` and `warehouse` are empty for all."""
    hours = wanted.older_than // timedelta(hours=1) if wanted.older_than else None
    fields = {
        "lane": lane,
        "q": wanted.text,
        "state": [state.value for state in wanted.states],
        "since": wanted.since,
        "until": wanted.until,
        "older": hours,
        "method": wanted.ship_method,
        "country": wanted.country,
        "sku": wanted.sku,
        "carrier": wanted.carrier,
        "warehouse": warehouse,
        "least": wanted.least,
        "most": wanted.most,
        "cause": wanted.cause,
        "sort": "" if wanted.sort is Sort.IMPORTED else wanted.sort.value,
        "up": "1" if wanted.up else "",
    }
    return {
        name: value if isinstance(value, list) else str(value)
        for name, value in fields.items()
        if value not in ("", None, [])
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _hours(text: str) -> timedelta | None:
    number = int(text) if text.isascii() and text.isdigit() else 0
    return timedelta(hours=number) if 0 < number <= _MOST_HOURS else None


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text.replace(",", "")) if text.strip() else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and abs(amount) < Decimal(10) ** 12 else None

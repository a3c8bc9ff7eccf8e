"""Read the arguments of operators that call an API: ids, statuses and instants, as templates render them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowSkipException

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from cartage.storefront import StoreClient


def order_ids(value: object) -> list[int]:
    """Return the OrderIDs of an argument: a number, a text with commas, or several of either.

    Raises:
        SettingsError: If one of them is not an OrderID.
    """
    values: Iterable[object]
    if isinstance(value, str):
        values = [part for part in value.strip("[] ").split(",") if part.strip()]
    else:
        values = value if isinstance(value, Iterable) else [value]
    ids: list[int] = []
    for each in values:
        text = str(each).strip()
        if not text.isdecimal():
            raise SettingsError("the arguments of this task", [f"  {text!r} is not an OrderID."])
        ids.append(int(text))
    return list(dict.fromkeys(ids))


def single_order_id(value: object) -> int:
    """Return the OrderID of an argument that names one order.

    Raises:
        SettingsError: If it does not name exactly one.
    """
    ids = order_ids(value)
    if len(ids) != 1:
        raise SettingsError("the arguments of this task", [f"  order_id: {value!r} must name one order."])
    return ids[0]


def status_id(store: StoreClient, status: int | str) -> int:
    """Return the id of an order status that is given as id or label. A label costs a call.

    Raises:
        SettingsError: If the store has no such label.
    """
    from cartage.storefront.order_statuses import find_status

    if str(status).strip().isdecimal():
        return int(status)
    found = find_status(str(status), store.order_statuses())
    if isinstance(found, str):
        raise SettingsError("the arguments of this task", [f"  status: {found}"])
    return found


def instant(name: str, text: str | None) -> datetime | None:
    """Return the instant that an argument names, or None if it is empty.

    Raises:
        SettingsError: If it is not an instant with a time zone.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise SettingsError(
            "the arguments of this task",
            [f"  {name}: {text!r} is not an instant with a time zone, such as 2026-11-23T14:00:00Z."],
        )
    return found


def skip_unless_writing(lane: str | None) -> None:
    """Skip the task if its lane writes nothing to store or warehouse.

    Raises:
        AirflowSkipException: If the lane is off or in shadow.
    """
    from cartage.lanes import get_lane
    from cartage.lanes.modes import Mode

    if lane and (mode := get_lane(lane).mode) in {Mode.OFF, Mode.SHADOW}:
        raise AirflowSkipException(f"lane {lane} is in mode {mode}: nothing is written outside Cartage")

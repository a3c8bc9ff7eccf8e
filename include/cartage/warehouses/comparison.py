"""Write the comparison of Cartage's own connectors into docs/connectors.md, between two markers.

Every cell is what a connector declares, opened with a connection and settings as a lane has them, without a call.

`python -m cartage.warehouses.comparison docs/connectors.md`
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cartage.connections import Connection
from cartage.lanes.connectors import call_limits, connection_fields, connection_type
from cartage.lanes.kinds import duration_text
from cartage.pace import CallLimit, CallLimits
from cartage.warehouses.contract import Capabilities, DuplicatePolicy, Reconcile, Warehouse
from cartage.warehouses.listed import ListedPart
from cartage.warehouses.registry import open_warehouse

BEGIN = (
    "<!-- written by `python -m cartage.warehouses.comparison docs/connectors.md`; do not edit by hand -->"
)
END = "<!-- end of the comparison -->"

_DUPLICATES = {
    DuplicatePolicy.REJECTS: "refused",
    DuplicatePolicy.UPSERTS: "changes the order that is there",
    DuplicatePolicy.UNKNOWN: "not documented: a person, or `when_absent`, decides",
}
_RECONCILE = {
    Reconcile.STRONG: "at once",
    Reconcile.EVENTUAL: "after a delay",
    Reconcile.EVIDENCE: "by what later files say",
}


@dataclass(frozen=True, slots=True)
class ComparedConnector:
    """A connector as the page shows it. Each of `choices` is a setting that changes what the connector can do."""

    connector: str
    page: str
    connection: Connection
    settings: Mapping[str, Any]
    choices: tuple[tuple[str, Any], ...] = field(default=())

    def opened(self, **changes: Any) -> Warehouse:
        """Return the connector, without a call."""
        return open_warehouse(self.connector, self.connection, {**self.settings, **changes})


# What stands in for credentials opens nothing.
_SECRET = "-" * 40
COMPARED = (
    ComparedConnector(
        "extensiv",
        "lanes.md",
        Connection(
            "wms",
            host="https://secure-wms.com",
            login=_SECRET,
            password=_SECRET,
            extra={"user_login": "cartage", "tpl_secret": _SECRET},
        ),
        {"customer_id": 1, "facility_id": 1},
    ),
    ComparedConnector(
        "shipbob", "connectors-shipbob.md", Connection("wms", password=_SECRET), {"channel_id": 1}
    ),
    ComparedConnector(
        "mcf",
        "connectors-mcf.md",
        Connection("wms", login=_SECRET, password=_SECRET, extra={"refresh_token": _SECRET}),
        {"marketplace": "US"},
        (("repeated_id", "refused"), ("visibility_delay", "0s"), ("catalogue", False)),
    ),
    ComparedConnector(
        "files",
        "connectors-files.md",
        Connection(
            "wms",
            host="sftp.example.com",
            login="cartage",
            password=_SECRET,
            extra={"no_host_key_check": True},
        ),
        {
            "format": "csv",
            "profile": "dsfx",
            "orders_to": "/in",
            "read_from": "/out",
            "archive_to": "/archive",
        },
        (("known_skus", "inventory"),),
    ),
)


def comparison() -> str:
    """Return what each connector can do, capability by capability, as a Markdown table."""
    return "\n".join(_table())


def with_comparison(page: str) -> str:
    """Return the page with the current table between its markers.

    Raises:
        ValueError: if the page lacks a marker.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs a line {BEGIN!r} and after it a line {END!r}")
    return f"{before}{BEGIN}\n\n{comparison()}\n\n{END}{after}"


def _table() -> Iterator[str]:
    opened = [each.opened() for each in COMPARED]
    yield _row("", *(f"[{warehouse.title}]({each.page})" for each, warehouse in _pairs(opened)))
    yield _row(*["---"] * (1 + len(COMPARED)))
    yield _row("`warehouse.connector`", *(f"`{each.connector}`" for each in COMPARED))
    yield _row("Airflow connection type", *(f"`{connection_type(each.connector)}`" for each in COMPARED))
    yield _row("Required fields of the connection", *(_fields(each.connector) for each in COMPARED))
    for name, shown in _CAPABILITIES.items():
        yield _row(name, *(_capability(each, shown) for each in COMPARED))
    for name, method in _METHODS.items():
        yield _row(name, *(_yes(_overrides(warehouse, method)) for warehouse in opened))
    yield _row("Calls that an account may make", *(_limits(call_limits(each.connector)) for each in COMPARED))
    for warehouse in opened:
        warehouse.close()


def _pairs(opened: list[Warehouse]) -> Iterator[tuple[ComparedConnector, Warehouse]]:
    yield from zip(COMPARED, opened, strict=True)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# What a row is called -> how it is read from the capabilities.
_CAPABILITIES: Mapping[str, Callable[[Capabilities], str]] = {
    "A second order under a reference": lambda can: _DUPLICATES[can.duplicate_policy],
    "Whether an order arrived, is known": lambda can: _RECONCILE[can.reconcile],
    "Default of that delay": lambda can: _duration(can.visibility_delay),
    "Longest reference": lambda can: str(can.reference_max_length),
    "Cancels an order that has not shipped": lambda can: _yes(can.cancel),
    "Reports stock": lambda can: _yes(can.inventory),
    "SKUs are checked before an order is sent": lambda can: _yes(can.catalogue),
    "Says which items are no longer shipped": lambda can: _yes(can.catalogue and can.deactivation),
    "Lists its carriers and services": lambda can: _yes(can.carriers),
    "Splits an order into several": lambda can: _yes(can.splits),
    "Lists its orders, with": lambda can: _listed(can.listed),
    "A poll starts before the last one ended by": lambda can: _duration(can.poll_overlap),
}
# What a row is called -> the optional method of the contract that a connector has if it can do so.
_METHODS: Mapping[str, str] = {
    "Looks for many references in one call": "find_many",
    "Reads again by itself what could not be read": "read_shipments",
    "Is informed of what was taken in": "acknowledge",
}


def _listed(parts: frozenset[ListedPart] | None) -> str:
    if parts is None:
        return "no"
    return ", ".join(["state", *(part.value for part in ListedPart if part in parts)])


def _capability(compared: ComparedConnector, shown: Callable[[Capabilities], str]) -> str:
    """Return a cell: what holds by default, and what each setting changes."""
    default = _can(compared, shown)
    changed = [(name, value, _can(compared, shown, **{name: value})) for name, value in compared.choices]
    also = [f"{text} with `{name}: {_yaml(value)}`" for name, value, text in changed if text != default]
    return "; ".join([default, *also])


def _can(compared: ComparedConnector, shown: Callable[[Capabilities], str], **changes: Any) -> str:
    warehouse = compared.opened(**changes)
    try:
        return shown(warehouse.capabilities)
    finally:
        warehouse.close()


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _duration(value: timedelta) -> str:
    return duration_text(value) if value else "none"


def _fields(connector: str) -> str:
    required = [each.label for each in connection_fields(connector) if each.required]
    return ", ".join(required) or "none alone: see its page"


def _overrides(warehouse: Warehouse, method: str) -> bool:
    return getattr(type(warehouse), method) is not getattr(Warehouse, method)


def _limits(limits: CallLimits) -> str:
    if limits.limit is None:
        return "not documented; a wait that it demands is kept"
    each = " of each operation" if limits.per_operation else ""
    others = [f"`{name}`: {_limit(limit)}" for name, limit in limits.operations.items()]
    return "; ".join([f"{_limit(limits.limit)}{each}", *others])


def _limit(limit: CallLimit) -> str:
    return f"{limit.burst} at once, then {limit.per_second:g} a second"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_comparison(file.read_text(encoding="utf-8")), encoding="utf-8")

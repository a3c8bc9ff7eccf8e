"""Every page of the desk that benchmark k times, with every filter, sorting and search, by a readable name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.desk_ledger import LEDGER_LANE, Landmarks
from cartage.model.differences.kinds import DifferenceKind
from cartage.model.states import State
from cartage.operations.attention.entries import AttentionKind
from cartage.reports.period import LENGTHS
from cartage.reports.tables import GROUPS

Address = tuple[str, Mapping[str, Any]]
# Without another lane in its query, a page is of the lane that has half of the orders.
_ALL = {"lane": ""}


def pages_of(mark: Landmarks) -> dict[str, Address]:
    """Return the address of every page: its name and its query."""
    return {
        **_of_lanes(),
        **_activity(mark),
        **_lists(mark),
        **_filters(),
        **_searches(mark),
        **_reports(),
        **_of_one_lane(mark),
    }


def _of_lanes() -> dict[str, Address]:
    attention: dict[str, Address] = {
        "attention, all lanes": ("attention", _ALL),
        "attention, all lanes: the oldest first": ("attention", {**_ALL, "order": "oldest"}),
        "attention, all lanes: the last page": ("attention", {**_ALL, "page": 20}),
        "attention, all lanes: snoozed": ("attention", {**_ALL, "snoozed": "1"}),
        "attention, all lanes: of one owner": ("attention", {**_ALL, "owner": "ann"}),
        "attention, all lanes: of nobody": ("attention", {**_ALL, "owner": "-"}),
    }
    for kind in AttentionKind:
        attention[f"attention, all lanes: {kind}"] = ("attention", {**_ALL, "kind": kind.value})
        attention[f"attention, one lane: {kind}"] = ("attention", {"kind": kind.value})
    return {
        "home, all lanes": ("home", _ALL),
        "home, one lane": ("home", {}),
        "home, a small lane": ("home", {"lane": LEDGER_LANE}),
        "attention, one lane": ("attention", {}),
        **attention,
    }


def _activity(mark: Landmarks) -> dict[str, Address]:
    return {
        "activity, all lanes": ("activity", _ALL),
        "activity, one lane": ("activity", {}),
        "activity, all lanes: since yesterday": ("activity", {**_ALL, "since": "yesterday 18:00"}),
        "activity, all lanes: a year ago": ("activity", {**_ALL, "until": mark.day}),
        "activity, all lanes: of a stage": ("activity", {**_ALL, "stage": "transfer_to_warehouse"}),
        "activity, all lanes: of a stage, since a year": (
            "activity",
            {**_ALL, "stage": "update_stock", "since": mark.day},
        ),
        "activity, all lanes: about an order": ("activity", {**_ALL, "order": mark.reference}),
        "audit, all lanes": ("activity", {**_ALL, "people": "1"}),
        "audit, one lane": ("activity", {"people": "1"}),
        "audit, all lanes: of one person": ("activity", {**_ALL, "person": "ann"}),
        "audit, all lanes: of nobody": ("activity", {**_ALL, "person": "nobody"}),
    }


def _lists(mark: Landmarks) -> dict[str, Address]:
    day = {"since": mark.day, "until": mark.day}
    return {
        "orders, one lane": ("orders", {}),
        "orders, one lane: half way back": ("orders", {"after": mark.imported}),
        "orders, one lane: a frequent state, half way back": (
            "orders",
            {"state": "shipped", "after": mark.in_state},
        ),
        "orders, one lane: of a day, in a frequent state": ("orders", {"state": "shipped", **day}),
        "orders, one lane: of a day, in a rare state": ("orders", {"state": "skipped", **day}),
        "orders, all lanes": ("orders", _ALL),
        "orders, all lanes: by amount": ("orders", {**_ALL, "sort": "amount"}),
        "orders, all lanes: by amount, the smallest first": ("orders", {**_ALL, "sort": "amount", "up": "1"}),
        "orders, all lanes: by the time placed": ("orders", {**_ALL, "sort": "placed"}),
        "orders, all lanes: by the time placed, the oldest first": (
            "orders",
            {**_ALL, "sort": "placed", "up": "1"},
        ),
        "orders, all lanes: by state": ("orders", {**_ALL, "sort": "state"}),
        "orders, all lanes: the oldest first": ("orders", {**_ALL, "up": "1"}),
        "orders, all lanes: of a day": ("orders", {**_ALL, **day}),
        "orders, all lanes: of a day, by amount": ("orders", {**_ALL, **day, "sort": "amount"}),
        "orders, all lanes: of a day, in a rare state": ("orders", {**_ALL, **day, "state": "cancelled"}),
    }


def _filters() -> dict[str, Address]:
    """Return each filter of the list alone, those that few orders pass, and some together."""
    filters: dict[str, dict[str, Any]] = {
        **{state.value: {"state": state.value} for state in State},
        "two states": {"state": ["blocked", "conflict"]},
        "blocked by a cause": {"cause": 1},
        "blocked for two days": {"state": "blocked", "older": "48"},
        "in their state for 30 days": {"older": "720"},
        "a frequent ship method": {"method": "ups ground"},
        "a rare ship method": {"method": "white glove"},
        "a ship method that is not there": {"method": "zeppelin"},
        "a country": {"country": "CA"},
        "a rare country": {"country": "NZ"},
        "a country that is not there": {"country": "FR"},
        "a SKU": {"sku": "SKU-17"},
        "SKUs": {"sku": "SKU-17*"},
        "a SKU that is not there": {"sku": "NOTHING"},
        "a carrier": {"carrier": "UPS"},
        "a rare carrier": {"carrier": "OnTrac"},
        "a carrier that is not there": {"carrier": "Pony Express"},
        "an amount": {"least": "400"},
        "an amount that nobody paid": {"least": "9000"},
        "two amounts": {"least": "20", "most": "21"},
        "a warehouse": {"warehouse": "extensiv_demo"},
        "amount, ship method and state": {"least": "400", "method": "ground", "state": "acknowledged"},
        "a rare country, by amount": {"country": "NZ", "sort": "amount"},
        "a rare country, by the time placed": {"country": "NZ", "sort": "placed"},
        "a rare ship method to a rare country": {"country": "NZ", "method": "white glove"},
        "a rare carrier, in a state": {"carrier": "OnTrac", "state": "shipped"},
        "an amount, a country": {"least": "499", "country": "CA"},
        "a SKU, a country, an amount": {"sku": "SKU-17", "country": "CA", "least": "100"},
    }
    return {
        f"orders, {place}: {name}": ("orders", {**lane, **query})
        for name, query in filters.items()
        for place, lane in (("all lanes", _ALL), ("one lane", {}))
    }


def _searches(mark: Landmarks) -> dict[str, Address]:
    texts = {
        "an invoice": mark.invoice,
        "the beginning of many invoices": mark.invoice[:5],
        "a bare number": mark.invoice.rpartition("-")[2],
        "an OrderID": mark.order_id,
        "a reference": mark.reference,
        "an e-mail address": mark.email,
        "part of an e-mail address": mark.email[2:12],
        "part of an e-mail address that all have": "example.c",
        "a tracking number": mark.tracking,
        "a tracking number with blanks": f"{mark.tracking[:4]} {mark.tracking[4:]}",
        "the warehouse's number": mark.remote_id,
        "a SKU": "SKU-17",
        "a name": mark.name,
        "part of a name": mark.name[2:],
        "part of a name that all have": "Buy",
        "what nobody has": "xylophone",
    }
    return {
        f"search, {place}: {name}": ("orders", {**lane, "q": text})
        for name, text in texts.items()
        for place, lane in (("all lanes", _ALL), ("one lane", {}))
    }


def _reports() -> dict[str, Address]:
    reports: dict[str, Address] = {}
    for days in LENGTHS:
        reports[f"report of {days} days, all lanes"] = ("reports", {**_ALL, "days": days})
        reports[f"report of {days} days, one lane"] = ("reports", {"days": days})
    longest = max(LENGTHS)
    for by in GROUPS[1:]:
        reports[f"report of {longest} days by {by}, all lanes"] = (
            "reports",
            {**_ALL, "days": longest, "by": by},
        )
    reports[f"report of {longest} days as CSV, all lanes"] = (
        "reports.csv",
        {**_ALL, "days": longest, "table": "throughput"},
    )
    reports[f"report of {longest} days as XLSX, all lanes"] = ("reports.xlsx", {**_ALL, "days": longest})
    return reports


def _of_one_lane(mark: Landmarks) -> dict[str, Address]:
    differences: dict[str, Address] = {
        f"differences: {kind}": ("differences", {"kind": kind.value}) for kind in DifferenceKind
    }
    return {
        "one order": ("order", {"id": mark.id}),
        "one order: its payloads": ("payloads", {"id": mark.id}),
        "mappings": ("mappings", {}),
        "mappings in the ledger": ("mappings", {"lane": LEDGER_LANE}),
        "mappings in the ledger: the last rules": ("mappings", {"lane": LEDGER_LANE, "skus": 30}),
        "mappings in the ledger: by part of a SKU": ("mappings", {"lane": LEDGER_LANE, "find": "sku-77"}),
        "mappings in the ledger: half way back": ("mappings", {"lane": LEDGER_LANE, "before": 4000}),
        "stock": ("stock", {}),
        "stock, a paused push": ("stock", {"lane": "merchant_0003"}),
        "files": ("files", {}),
        "skipped": ("skipped", {}),
        "coverage": ("coverage", {}),
        "differences": ("differences", {}),
        "differences: ignored": ("differences", {"ignored": "true"}),
        **differences,
        "what a task moved": (
            "moved",
            {"dag_id": "orders__demo", "run": "run-100/transfer_to_warehouse/1"},
        ),
        "stock that a task wrote": ("moved", {"dag_id": "inventory__demo", "run": "run-100/update_stock/1"}),
    }

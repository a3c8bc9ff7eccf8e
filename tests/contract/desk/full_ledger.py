"""A ledger with every kind of state, whose foreign texts are all one text, and every page of the desk that shows it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from cartage.db import open_ledger
from cartage.lanes import get_lane, valid_lanes
from cartage.lanes.account import account_of
from cartage.reports.rollup import refresh_reports
from tests.contract.rows import REQUIRED, Rows
from tests.unit.airflow.desk.test_nobody_in import desk_routes

RUN = "orders__east/scheduled__2026-11-28T12:05:00+00:00/validate_mappings/1"
STOCK_RUN = "inventory__east/scheduled__2026-11-28T12:05:00+00:00/update_stock/1"
# A page, and what its address says.
Wanted = tuple[str, dict[str, Any]]
# These lead to another page, or answer a field while a person types.
NOT_PAGES = {"/", "/overview", "/alerts", "/held", "/exceptions", "/blocked", "/catalogue", "/static/{name}"}


@dataclass(frozen=True, slots=True)
class Filled:
    """What the ledger has: orders by state, jobs, and a file.

    `busy` is an order with everything on it, `routed` one of `west`, which has two warehouses.
    """

    word: str
    orders: dict[str, int]
    busy: int
    jobs: tuple[int, ...]
    file: int
    routed: int

    def pages(self) -> Iterator[Wanted]:
        """Yield every page, and each of its forms."""
        for lane in ("", "east", "west"):
            yield from (
                (page, {"lane": lane}) for page in ("home", "attention", "activity", "reports", "orders")
            )
        yield from (("attention", {"kind": kind}) for kind in ("cause", "exception", "hold", "late", "run"))
        yield "attention", {"snoozed": "1"}
        yield "activity", {"part": "people"}
        yield from (("reports", {"days": days, "by": "carrier"}) for days in (7, 90, 365))
        yield "orders", {"q": self.word, "lane": ""}
        yield "orders", {"state": "shipped", "sku": "MUG*", "sort": "-amount"}
        yield from (("order", {"id": order}) for order in (*self.orders.values(), self.busy))
        yield from (("payloads", {"id": order}) for order in (self.busy, self.orders["imported"]))
        yield from (
            (page, {}) for page in ("mappings", "stock", "differences", "files", "skipped", "coverage")
        )
        yield from ((page, {"lane": "west"}) for page in ("mappings", "stock", "differences", "files"))
        yield "routing", {}
        yield from (("routing", {"lane": "west", **more}) for more in ({}, {"rule": "coast"}, {"rule": ""}))
        yield "order", {"lane": "west", "id": self.routed}
        yield "file", {"id": self.file}
        yield from (("job", {"id": job}) for job in self.jobs)
        for run in (RUN, STOCK_RUN):
            dag_id, _, rest = run.partition("/")
            yield "moved", {"dag_id": dag_id, "run": rest}


def html_routes() -> set[str]:
    """Return the paths that answer with a whole page."""
    return {
        route.path.lstrip("/")
        for route in desk_routes()
        if route.methods == {"GET"} and route.path not in NOT_PAGES and "." not in route.path
    } - {"mappings_file"}


def fill(rows: Rows, ledger_url: str, word: str) -> Filled:
    """Fill the ledger; lane `east` keeps its mappings in the ledger, `west` has two warehouses."""
    let_east_map()
    give_west_two_warehouses(word)
    _lanes(rows)
    filler = _Filler(rows, word)
    orders, busy, jobs = filler.every_state(), filler.busy_order(), filler.jobs()
    filled = Filled(word, orders, busy, jobs, filler.queue(), filler.routed_order())
    filler.mappings()
    filler.stock()
    filler.differences()
    filler.what_happened()
    ledger = open_ledger(ledger_url)
    refresh_reports(ledger, valid_lanes())
    ledger.close()
    return filled


def let_east_map() -> None:
    """Let lane `east` keep its mappings in the ledger."""
    lanes = Path(os.environ["CARTAGE_LANES_FILE"])
    east, _, west = lanes.read_text().partition("  west:")
    lanes.write_text(east.replace("    store:", "    mappings: ledger\n    store:", 1) + "  west:" + west)


def give_west_two_warehouses(word: str) -> None:
    """Give lane `west` a second warehouse, and a rule that holds with the word as its reason."""
    lanes = Path(os.environ["CARTAGE_LANES_FILE"])
    text_of = lanes.read_text()
    one = "    warehouse: {connector: extensiv, connection: extensiv_west,"
    assert text_of.count(one) == 1
    two = "    warehouses:\n      coast: {connector: shipbob, connection: shipbob_west, settings: {channel_id: 7}}\n"
    two += "      inland: {connector: extensiv, connection: extensiv_west,"
    rules = [
        {"name": "coast", "when": {"states": ["CA"], "skus": [word]}, "to": "coast"},
        {"name": "large", "when": {"amount_from": 1000}, "hold": word},
    ]
    lanes.write_text(f"{text_of.replace(one, two)}    routing: {json.dumps(rules)}\n")


def _lanes(rows: Rows) -> None:
    store = rows.store()
    for lane in ("east", "west"):
        rows.connection.execute(
            text("INSERT INTO lane_state (lane, store_id) VALUES (:lane, :store)"),
            {"lane": lane, "store": store},
        )
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    covered = f"{{[{(now - timedelta(days=20)).isoformat()}, {(now - timedelta(days=9)).isoformat()})}}"
    failed = (
        f"{{[{(now - timedelta(days=8)).isoformat()}, {(now - timedelta(days=7, hours=3)).isoformat()})}}"
    )
    rows.connection.execute(
        text("INSERT INTO coverage (lane, ranges, failed) VALUES ('east', :covered, :failed)"),
        {"covered": covered, "failed": failed},
    )


class _Filler:
    """Adds the rows. What a store, a warehouse or a person has typed is the word."""

    def __init__(self, rows: Rows, word: str) -> None:
        self.rows = rows
        self.word = word
        self.yesterday = datetime.now(UTC) - timedelta(days=1)

    def every_state(self) -> dict[str, int]:
        """Add an order in each state; return their ids."""
        states = ("imported", "ready", "sending", "unknown", *REQUIRED)
        return {state: self._order(state) for state in dict.fromkeys(states)}

    def busy_order(self) -> int:
        """Add an order on whose page everything appears that can."""
        rows, word = self.rows, self.word
        order = self._order("shipped", adopted_as=word, corrected_by=word)
        self._order("acknowledged", sales_order_id=self._sales_order_of(order))
        box = {"lane": "east", "fulfillment_order_id": order, "remote_id": word, "reference": word}
        for key, voided in (("1", False), ("2", True)):
            shipment = rows.add("shipment", **box, key=key, voided=voided, final=True)
            contents = json.dumps([{"sku": word, "quantity": "2.0"}])
            parcel = {"key": key, "position": 0, "tracking": word, "carrier": word, "service": word}
            rows.add("package", shipment_id=shipment, **parcel, contents=contents)
        attempt = {"fulfillment_order_id": order, "run_id": RUN, "sent_at": self.yesterday}
        attempt |= {"settle_after": self.yesterday, "finished_at": self.yesterday}
        request = json.dumps({"reference": word})
        rows.add("transfer", **attempt, attempt=1, request=request, outcome="unknown", response=word)
        rows.add("transfer", **attempt, attempt=2, request="{}", outcome="created", response_status=201)
        posted = {"kind": "status", "status_id": 4, "outcome": "refused", "error": word, "run_id": RUN}
        rows.add(
            "post_back",
            sales_order_id=self._sales_order_of(order),
            finished_at=self.yesterday,
            **posted,
        )
        self._exception(order, "edited_after_transfer")
        self._exception(
            order, "cancelled_after_transfer", decision="ignore", decided_by=word, decided_at=self.yesterday
        )
        self._event(
            order, "moved", to_state="acknowledged", minutes=5, actor="transfer_to_warehouse", why=word
        )
        self._event(order, "moved", from_state="acknowledged", to_state="shipped", minutes=60, why=word)
        self._event(order, "note", minutes=70, actor=word, why=word)
        self._event(order, "corrected", minutes=80, actor=word, why=word)
        return order

    def routed_order(self) -> int:
        """Add an order of `west` that a rule gave to a warehouse."""
        rows, word = self.rows, self.word
        placed = {"ordered_at": self.yesterday, "read_at": self.yesterday, "lane": "west", "invoice": word}
        order = rows.order("ready", lane="west", warehouse="coast", sales_order_id=rows.sales_order(**placed))
        line = {"fulfillment_order_id": order, "position": 0, "line_id": 1, "sku": word, "quantity": 2}
        rows.add("fulfillment_line", **line, description=word)
        steps = [{"rule": "coast", "outcome": "sent", "lines": [0], "warehouses": ["coast"], "stock": []}]
        self._event(order, "routed", minutes=1, lane="west", why=word, detail=json.dumps({"steps": steps}))
        return order

    def jobs(self) -> tuple[int, ...]:
        """Add a job of each kind, one that runs, one that waits and one that failed; return their ids."""
        word = self.word
        example = {"effect": "released", "order": word, "reference": word, "before": word, "after": ""}
        tried = {"changes": 2, "unchanged": 1, "words": [f"new: {word}"], "validated": 1200, "seen": "0.0"}
        tried |= {"counts": {"released": 1, "blocked": 2}, "examples": [example]}
        bad = {"bad_rows": 2, "mistakes": [f"row 3: {word}"], "notes": [word]}
        way = {"from": word, "to": word}
        none: dict[str, Any] = {"orders": 9, "rerouted": 0, "ways": [], "elsewhere": []}
        routed = none | {"rerouted": 1, "ways": [way | {"orders": 1}]}
        routed |= {"elsewhere": [way | {"reference": word, "because": word}]}
        released = {"validated": 12, "ready": 3, "held": 1, "blocked": 8, "still_blocked": 8, "released": 2}
        outcomes: list[tuple[str, dict[str, Any]]] = [
            ("try_mappings", tried),
            ("try_mappings", tried | bad),
            ("try_mappings", tried | {"patch": f"+ {word}"}),
            ("try_mappings", tried | {"no_patch": word}),
            ("backtest", tried | bad),
            ("preview_rule", tried | {"backtest": {"days": 30, **tried}}),
            ("save_mappings", released | {"words": [word]}),
            ("release", released),
            ("release_holds", released),
            (
                "preview_routing",
                {"changes": True, "waiting": routed, "backtest": routed, "patch": f"+ {word}"},
            ),
            ("preview_routing", {"changes": False, "waiting": none, "backtest": none, "no_patch": word}),
            ("fix_difference", {"done": word}),
        ]
        job = {"lane": "east", "requested_by": word}
        done = {"started_at": self.yesterday, "finished_at": self.yesterday}
        given = json.dumps({"days": 7, "difference": 1, "name": word, "rules": word})
        ids = [
            self.rows.add("desk_job", **job, kind=kind, input=given, outcome=json.dumps(outcome), **done)
            for kind, outcome in outcomes
        ]
        ids.append(
            self.rows.add(
                "desk_job", **job, kind="release", input="{}", failure=word, finished_at=self.yesterday
            )
        )
        ids.append(
            self.rows.add(
                "desk_job", **job, kind="release", input="{}", started_at=self.yesterday, done=3, total=9
            )
        )
        ids.append(self.rows.add("desk_job", **job, kind="release", input="{}"))
        return tuple(ids)

    def queue(self) -> int:
        """Add what needs attention, of each kind, some with notes; return the id of a file that waits."""
        rows, word = self.rows, self.word
        for kind in ("not_shipped", "stuck"):
            given = {"lane": "east", "kind": kind, "key": word, "stage": "poll_tracking", "title": word}
            rows.add("alert", **given, meaning=word, fix=word)
        given = {"lane": "west", "kind": "run_missed", "key": "orders__west", "stage": "orders"}
        rows.add("alert", **given, title=word, meaning=word, fix=word)
        suspects = [{"catalog_id": 1, "option": "", "sku": word, "before": "20", "after": 0}]
        push = {"lane": "east", "reasons": ["zeroed"], "compared": 9, "zeroed": 1, "swung": 0, "run_id": RUN}
        paused = rows.add("paused_push", **push, suspects=json.dumps(suspects))
        file = {"account": "files/x", "sha256": "1", "part": "orders", "path": f"/out/{word}", "version": 1}
        file |= {"size": 9, "run_id": RUN, "state": "quarantined", "content": word.encode(), "lane": "east"}
        document = rows.add("inbound_document", **file)
        finding = {"kind": "quarantined", "place": word, "reason": word, "fix": word}
        rows.add("inbound_finding", document_id=document, **finding)
        for kind, key in (("stock", str(paused)), ("file", "quarantined")):
            noted = {"lane": "east", "kind": kind, "key": key, "owner": word, "note": word}
            self._insert("attention", **noted, changed_by=word)
        return document

    def mappings(self) -> None:
        """Add rules, present and past, what the warehouse offers, and a saved view."""
        word = self.word
        method, sku = (
            json.dumps({"carrier": "UPS", "service": word}),
            json.dumps([{"sku": word, "quantity": 6}]),
        )
        given = {"lane": "east", "author": word, "note": word, "store": word}
        self.rows.add("mapping_rule", **given, kind="ship_method", target=method, match="normalised")
        self.rows.add("mapping_rule", **given, kind="sku", target=sku)
        ended = {"ended_at": datetime.now(UTC), "ended_by": word}
        self.rows.add("mapping_rule", **given | {"store": f"{word}2"}, kind="sku", target=sku, **ended)
        offered = [
            {"carrier": word, "service": "03", "billing": "", "account": "", "scac": "", "title": word}
        ]
        self._insert("ship_method_offer", account=account_of(get_lane("east")), methods=json.dumps(offered))
        query = json.dumps({"state": ["blocked"]})
        self.rows.add("saved_view", owner=word, name=word, shared=True, query=query)

    def stock(self) -> None:
        """Add a push of stock that a run wrote."""
        push = {"lane": "east", "run_id": STOCK_RUN, "everything": False, "compared": 2}
        pushed = self.rows.add("stock_push", **push, lease_until=self.yesterday)
        change = {"push_id": pushed, "catalog_id": 14, "code": "", "sku": self.word, "value": 9}
        self.rows.add(
            "stock_change", **change, outcome="refused", message=self.word, finished_at=self.yesterday
        )

    def differences(self) -> None:
        """Add a comparison of store, ledger and warehouse, and what differs."""
        word = self.word
        counts = json.dumps({"store_orders": 1200, "in_flight": 7})
        compared = {"lane": "east", "run_id": RUN, "since": self.yesterday, "finished_at": datetime.now(UTC)}
        run = self.rows.add("reconciliation", **compared, counts=counts, not_compared=json.dumps([word]))
        given = {"lane": "east", "kind": "status", "ours": word, "theirs": word, "reconciliation_id": run}
        self.rows.add("difference", **given, side="store", key=word, order_id=1001, fix="post", owner=word)

    def what_happened(self) -> None:
        """Add an order that somebody skipped after a cause blocked it yesterday, and one that went its whole way."""
        went = self._order("shipped")
        self._event(went, "moved", to_state="acknowledged", minutes=5)
        self._event(went, "moved", from_state="acknowledged", to_state="shipped", minutes=60)
        box = {"lane": "east", "fulfillment_order_id": went, "remote_id": self.word, "reference": self.word}
        shipment = self.rows.add("shipment", **box, key="3", voided=False, final=True)
        parcel = {
            "key": "1",
            "position": 0,
            "tracking": self.word,
            "carrier": self.word,
            "service": self.word,
        }
        self.rows.add("package", shipment_id=shipment, **parcel, contents="[]")
        order = self._order("blocked")
        blocked = {"to_state": "blocked", "actor": "validate_mappings", "why": self.word}
        self._event(order, "moved", minutes=3, **blocked, cause_ids=[self._cause("unknown_sku")])
        self._event(
            order, "moved", minutes=9, to_state="skipped", actor=self.word, run_id="desk/1", why=self.word
        )

    def _order(self, state: str, **columns: Any) -> int:
        rows, word = self.rows, self.word
        document = dict.fromkeys(("email", "comments", "internal_comments"), word)
        given: dict[str, Any] = {"ship_method": word, "reason": word}
        given["ship_to"] = json.dumps(dict.fromkeys(("name", "company", "address1", "city", "phone"), word))
        if "sales_order_id" not in columns:
            placed = {"ordered_at": self.yesterday, "read_at": self.yesterday}
            given["sales_order_id"] = rows.sales_order(invoice=word, document=json.dumps(document), **placed)
        if state == "blocked":
            kinds = ("unmapped_ship_method", "unknown_sku", "address_incomplete")
            given["cause_ids"] = [self._cause(kind) for kind in kinds]
        order = rows.order(state, **(given | columns))
        line = {"fulfillment_order_id": order, "position": 0, "line_id": 1, "sku": word, "quantity": 2}
        options = json.dumps([{"title": word, "value": word}])
        rows.add("fulfillment_line", **line, description=word, options=options)
        if state == "held":
            held = {"lane": "east", "fulfillment_order_id": order, "until": "2030-01-01", "source": "person"}
            rows.add("hold", **held, placed_by=word, reason=word, owner=word)
        if state == "conflict":
            self._exception(order, "sent_or_not")
        return order

    def _sales_order_of(self, order: int) -> int:
        found = self.rows.one("SELECT sales_order_id FROM fulfillment_order WHERE id = :id", id=order)
        return int(found.sales_order_id)

    def _cause(self, kind: str) -> int:
        word = self.word
        found = self.rows.connection.execute(
            text("SELECT id FROM cause WHERE kind = :kind"), {"kind": kind}
        ).scalar_one_or_none()
        suggestions = {
            "unmapped_ship_method": [{"carrier": "UPS", "service": word, "score": 90.0}],
            "unknown_sku": [{"sku": word, "description": word, "score": 90.0}],
        }.get(kind, [])
        said = {
            "lane": "east",
            "fingerprint": kind,
            "subject": word,
            "message": f"{kind}: {word}",
            "fix": word,
        }
        return int(found or self.rows.add("cause", **said, kind=kind, suggestions=json.dumps(suggestions)))

    def _exception(self, order: int, kind: str, **columns: Any) -> None:
        address = {"groups": [{"shipment_id": 0, "ship_to": {"name": self.word, "city": self.word}}]}
        given: dict[str, Any] = {"lane": "east", "kind": kind, "message": self.word, "choices": ["ignore"]}
        given |= {"run_id": RUN, "before": json.dumps(address), "fulfillment_order_id": order}
        self.rows.add("exception", sales_order_id=self._sales_order_of(order), **(given | columns))

    def _event(self, order: int, kind: str, *, minutes: int, **columns: Any) -> None:
        given: dict[str, Any] = {
            "lane": "east",
            "fulfillment_order_id": order,
            "kind": kind,
            "actor": "a",
            "run_id": RUN,
        }
        self.rows.add("event", **(given | {"at": self.yesterday + timedelta(minutes=minutes)} | columns))

    def _insert(self, table: str, **columns: Any) -> None:
        """Add a row of a table whose key is no number."""
        names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
        self.rows.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), columns)

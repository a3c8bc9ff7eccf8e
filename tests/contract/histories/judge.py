"""Compare the ledger with the oracle: each order's standing, and what is to be shipped of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from cartage.db import Ledger
from cartage.intake.coverage.repo import coverage_summary
from cartage_sandbox.threedcart import StoreEmulator
from tests.contract.histories.goods import Json
from tests.contract.histories.oracle import (
    ABSENT,
    IMPORTED,
    SKIPPED,
    WITHDRAWN,
    Oracle,
    Range,
    Standing,
    noted,
    within,
)
from tests.contract.histories.policy import Expected, expected
from tests.contract.histories.story import Run

LEFT = "left the import status before it was sent"
REMOVED = "the ship-to was removed from the order"
_ALL_TIME = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
_NAMES = ("StatusText", "StatusDefinition")

_ORDERS = text("SELECT order_id FROM sales_order ORDER BY order_id")
_GROUPS = text(
    """
    SELECT f.order_id, f.shipment_id, f.generation, f.state, f.reason, f.ship_to->>'city' AS city,
        coalesce(jsonb_agg(jsonb_build_array(l.line_id, l.sku, l.quantity::text)) FILTER (WHERE l.line_id > 0), '[]')
            AS lines
    FROM fulfillment_order f LEFT JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    GROUP BY f.id ORDER BY f.order_id, f.shipment_id
    """
)


@dataclass
class Judge:
    """Asserts after each run that the ledger holds what it must, and nothing else."""

    emulator: StoreEmulator
    ledger: Ledger
    oracle: Oracle

    def after(self, run: Run, began: Mapping[str, datetime], settings: Json, *, done: bool) -> None:
        """Judge a run, given when the reading of each list began; after a sweep, also what is to be shipped."""
        groups = self._groups()
        found = self._standings(groups)
        assert found.keys() <= self.oracle.store.versions.keys()
        wrong = {}
        for order_id in self.oracle.store.versions:
            allowed = self.oracle.allowed(order_id, run, began, done=done)
            if found.get(order_id, ABSENT) not in allowed:
                wrong[order_id] = (found.get(order_id, ABSENT), allowed)
        assert wrong == {}, f"by OrderID, the standing that was found and those that are right: {wrong}"
        self.oracle.standings = found
        if done and "sweep" in began:
            self._judge_contents(groups, began["sweep"], settings)

    def coverage(self, lane: str) -> list[Range]:
        """Check the lane's coverage: everything that was covered, and nothing that was never tried."""
        with self.ledger.begin() as connection:
            covered = list(coverage_summary(connection, lane, *_ALL_TIME).covered)
        assert within(self.oracle.covered, covered), f"not covered: {self.oracle.covered[-1]}, but {covered}"
        assert within(covered, self.oracle.tried), f"never tried: {covered}"
        return covered

    def _groups(self) -> dict[int, list[Row[Any]]]:
        """Return the fulfillment orders of each sales order, without those whose ship-to was removed."""
        with self.ledger.begin() as connection:
            orders = [row.order_id for row in connection.execute(_ORDERS)]
            rows = connection.execute(_GROUPS).all()
        assert len(set(orders)) == len(orders)
        assert all(row.generation == 0 for row in rows)
        groups: dict[int, list[Row[Any]]] = {order_id: [] for order_id in orders}
        for row in rows:
            if row.reason != REMOVED:
                groups[row.order_id].append(row)
        return groups

    def _standings(self, groups: Mapping[int, Sequence[Row[Any]]]) -> dict[int, Standing]:
        statuses = self.emulator.state.statuses
        rows = [statuses.relabel(id_) for id_ in statuses.ids()]
        # The merchant's label, or the system's name where the lane never had to look up labels.
        labels = {f"status {row[name]}": row["OrderStatusID"] for row in rows for name in _NAMES}
        found = {}
        for order_id, mine in groups.items():
            standings = {_standing(row, labels) for row in mine}
            # A part that the lane does not ship is skipped for that reason, whatever becomes of the rest.
            standings -= {SKIPPED} if len(standings) > 1 else set()
            assert len(standings) == 1, f"order {order_id} is in two minds: {mine}"
            found[order_id] = standings.pop()
        return found

    def _judge_contents(
        self, groups: Mapping[int, Sequence[Row[Any]]], since: datetime, settings: Json
    ) -> None:
        """Check that every imported order that did not change meanwhile ships its content, by the lane's settings."""
        for order_id, standing in self.oracle.standings.items():
            if standing not in (IMPORTED, SKIPPED) or not self.oracle.stood_still(order_id, since):
                continue
            order = self.oracle.store.present(order_id)
            if order["OrderStatusID"] != self.oracle.ready:
                continue
            wanted = expected(order, settings, self.oracle.zone)
            rows = {row.shipment_id: row for row in groups[order_id]}
            assert sorted(rows) == sorted(group.shipment_id for group in wanted), (
                f"ship-tos of order {order_id}"
            )
            for group in wanted:
                _judge_group(f"order {order_id}, ship-to {group.shipment_id}", rows[group.shipment_id], group)


def _standing(row: Row[Any], labels: Mapping[str, int]) -> Standing:
    if row.state != "skipped":
        return IMPORTED
    if row.reason == LEFT:
        return WITHDRAWN
    named = [label for label in labels if row.reason == label or row.reason.startswith(f"{label} ")]
    return noted(labels[max(named, key=len)]) if named else SKIPPED


def _judge_group(where: str, row: Row[Any], wanted: Expected) -> None:
    if wanted.reasons:
        assert (row.state, row.reason in wanted.reasons) == ("skipped", True), f"{where}: {row}, {wanted}"
        return
    lines = tuple(sorted((number, sku, Decimal(quantity)) for number, sku, quantity in row.lines))
    assert row.state == "imported", f"{where}: {row.state} {row.reason}"
    assert (row.city, lines) == (wanted.city, wanted.lines), where

"""What the store must show, derived only from the warehouse's own books. It shares nothing with the engine."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cartage_sandbox.extensiv.data.model import Order, Status
from cartage_sandbox.stack.shop import Shop

NEW, PROCESSING, PARTIAL, SHIPPED = range(1, 5)
_POSTED = re.compile(r"Tracking (\S+)(?: \(.*\))?")
_VOID = re.compile(r"Tracking (\S+) is void")
HAND = "BY HAND 77"


@dataclass
class Oracle:
    """Judges the store. Call `look` after each thing that the warehouse does."""

    shop: Shop
    ordered: dict[str, Counter[str]] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)

    def look(self) -> None:
        """Note the content of new orders, and the furthest status that each sales order has reached."""
        for reference, parts in self._families().items():
            if reference not in self.ordered:
                self.ordered[reference] = _quantities(parts)
        for order_id in self.orders():
            # An order that is closed without a package looks like a pickup if nobody saw its voided label.
            status = self.status(order_id, bare=True)
            self.most[order_id] = max(self.most.get(order_id, 0), status)

    def orders(self) -> set[int]:
        """Return the sales orders of which the warehouse has, or had, something."""
        return {_named(reference)[0] for reference in self.ordered}

    def status(self, order_id: int, *, bare: bool = False) -> int:
        """Return the order's status by what the warehouse has now; with `bare`, also without a package."""
        families = self._families()
        groups = [parts for reference, parts in families.items() if _named(reference)[0] == order_id]
        states = [self._state(parts, bare=bare) for parts in groups if not _all_cancelled(parts)]
        if states and set(states) == {SHIPPED}:
            return SHIPPED
        return PARTIAL if {SHIPPED, PARTIAL} & set(states) else PROCESSING

    def numbers(self, order_id: int) -> dict[int, Counter[str]]:
        """Return the tracking numbers that the warehouse has, by the store's ShipmentID."""
        found: dict[int, Counter[str]] = {}
        for reference, parts in self._families().items():
            number, shipment_id = _named(reference)
            if number == order_id:
                closed = [part for part in parts if part.status is Status.CLOSED]
                found[shipment_id] = Counter(number for part in closed for number in self._shown(part))
        return found

    def judge(self, *, mode: str) -> None:
        """Compare the store with the warehouse; raise AssertionError with what differs."""
        for order_id in sorted(self.orders()):
            order = self.shop.store.order(order_id)
            self._judge_numbers(order_id, order, mode)
            status = order["OrderStatusID"]
            least, most = self.status(order_id), self.most[order_id]
            assert least <= status <= most, (
                f"order {order_id} is {status}; by what shipped it is {least}, and was {most} at most"
            )

    def judge_moves(self) -> None:
        """Check that no status ever went back, and no tracking field was written twice in a row with the same text."""
        fields: dict[str, str] = {}
        for entry in self.shop.store.journal.entries():
            if entry["kind"] == "order.status" and entry["detail"]["by"] == "API":
                before, to = entry["detail"]["from"], entry["detail"]["to"]
                assert before <= to, f"order {entry['key']} went back from {before} to {to}"
            if entry["kind"] == "shipment.written" and "ShipmentTrackingCode" in entry["detail"]:
                text = entry["detail"]["ShipmentTrackingCode"]
                assert fields.get(entry["key"]) != text, (
                    f"shipment {entry['key']}: {text!r} was written twice"
                )
                fields[entry["key"]] = text

    def _judge_numbers(self, order_id: int, order: dict[str, Any], mode: str) -> None:
        shown: dict[int, list[str]] = {}
        for shipment in order["ShipmentList"]:
            text = shipment["ShipmentTrackingCode"].strip()
            shown[shipment["ShipmentID"]] = [
                number for number in text.split(", ") if number and number != HAND
            ]
        wanted = self.numbers(order_id)
        everywhere = Counter(number for numbers in shown.values() for number in numbers)
        if mode == "comments":
            everywhere += _in_comments(order.get("InternalComments") or "")
        all_wanted = sum(wanted.values(), Counter[str]())
        fits = all(len(", ".join(numbers)) <= 100 for numbers in wanted.values())
        if mode == "field" and not fits:
            assert not everywhere - all_wanted, (
                f"order {order_id} shows {everywhere}, shipped was {all_wanted}"
            )
            return
        assert everywhere == all_wanted, f"order {order_id} shows {everywhere}, shipped was {all_wanted}"
        if mode == "field":
            mine = {shipment_id: Counter(shown.get(shipment_id, ())) for shipment_id in wanted}
            assert mine == wanted, f"order {order_id}: numbers stand at another ship-to"

    def _shown(self, part: Order) -> list[str]:
        """Return the numbers that the warehouse's API shows: an order's routing has room for one."""
        numbers = [package.tracking_number for package in part.packages]
        only_first = self.shop.warehouse.state.rules.text("tracking_shown") == "routing"
        return numbers[:1] if only_first else numbers

    def _state(self, parts: list[Order], *, bare: bool) -> int:
        live = [part for part in parts if part.status is not Status.CANCELED]
        gone = [part for part in live if part.status is Status.CLOSED and (bare or part.packages)]
        if not gone:
            return PROCESSING
        wanted, shipped = self.ordered[parts[0].accepted_as], _quantities(gone)
        full = len(gone) == len(live) and all(shipped[sku] >= quantity for sku, quantity in wanted.items())
        return SHIPPED if full else PARTIAL

    def _families(self) -> dict[str, list[Order]]:
        families: dict[str, list[Order]] = {}
        with self.shop.warehouse.state.lock:
            for order in self.shop.warehouse.state.book:
                families.setdefault(order.accepted_as, []).append(order)
        return families


def _quantities(parts: list[Order]) -> Counter[str]:
    """Return quantities of what is not cancelled; a split cancels the original, or keeps it as a part."""
    found: Counter[str] = Counter()
    for part in parts:
        if part.status is not Status.CANCELED:
            for line in part.lines:
                found[line.item.sku] += Decimal(line.qty)  # type: ignore[assignment]
    return found


def _all_cancelled(parts: list[Order]) -> bool:
    return all(part.status is Status.CANCELED for part in parts)


def _named(reference: str) -> tuple[int, int]:
    """Return OrderID and ShipmentID of a reference."""
    _, order_id, shipment_id = reference.split("_")
    return int(order_id), int(shipment_id)


def _in_comments(comments: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in comments.splitlines():
        if void := _VOID.fullmatch(line):
            del found[void[1]]
        elif posted := _POSTED.fullmatch(line):
            found[posted[1]] += 1
    return found

"""The warehouse floor: packing and shipping, splitting, voiding and correcting packages.

None of this is reachable through the emulated API; tests and demos use the control API.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from cartage_sandbox.carriers import tracking_number
from cartage_sandbox.extensiv.data.model import Content, Line, Order, Package, Status
from cartage_sandbox.extensiv.data.state import WarehouseState
from cartage_sandbox.extensiv.operations.shares import Share, shares

_QUARTER_POUNDS = (1, 40)


class Floor:
    """What people in the warehouse do to orders. All methods take the state's lock."""

    def __init__(self, state: WarehouseState) -> None:
        self._state = state

    def named(self, references: Iterable[str]) -> list[Order]:
        """Return the orders that were accepted under any of these references, or have one now."""
        wanted = {reference.casefold() for reference in references}
        return [
            order
            for order in self._state.book
            if order.reference.casefold() in wanted or order.accepted_as.casefold() in wanted
        ]

    def settle(self) -> None:
        """Do what is due by the clock: automatic shipping."""
        state = self._state
        delay = state.rules.number("auto_ship_seconds")
        if delay <= 0:
            return
        with state.lock:
            now, waiting = state.now(), state.awaiting_shipment
            while waiting and (due := waiting[0].created_at + timedelta(seconds=delay)) <= now:
                order = waiting.popleft()
                if order.status is Status.OPEN and not order.incomplete:
                    two = state.rng.random() < state.rules.number("auto_ship_multi_share")
                    self._ship(order, due, packages=2 if two else 1)

    def ship(
        self, orders: Iterable[Order], *, packages: int = 1, carrier: str | None = None, confirm: bool = True
    ) -> list[Order]:
        """Pack the open orders among `orders` and, unless `confirm` is false, close them. Return them."""
        with self._state.lock:
            opened = [order for order in orders if order.status is Status.OPEN and not order.incomplete]
            for order in opened:
                self._ship(order, self._state.now(), packages=packages, carrier=carrier, confirm=confirm)
            return opened

    def set_aside(self, orders: Iterable[Order]) -> None:
        """Exclude orders from automatic shipping: they ship only by hand."""
        with self._state.lock:
            aside = list(orders)
            waiting = self._state.awaiting_shipment
            self._state.awaiting_shipment = deque(order for order in waiting if order not in aside)

    def load_out(self, orders: Iterable[Order]) -> list[Order]:
        """Hand the closed orders among `orders` over to the carrier. Return them."""
        with self._state.lock:
            closed = [order for order in orders if order.is_closed]
            for order in closed:
                order.loaded_at = self._state.now()
                self._state.book.touch(order, order.loaded_at)
                self._journal("order.loaded_out", order)
            return closed

    def pick(
        self, order: Order, quantities: Mapping[str, Decimal], instead: Mapping[str, str] | None = None
    ) -> None:
        """Change what an open order will ship: how many of an SKU (0: none), and which SKU instead of which.

        Raises KeyError for an SKU that the order or the catalogue does not have.
        """
        with self._state.lock:
            if order.status is not Status.OPEN:
                raise ValueError(f"order {order.reference} is {order.status.name.lower()}")
            for sku, quantity in quantities.items():
                self._requantify(order, sku, quantity)
            for sku, other in (instead or {}).items():
                self._substitute(order, sku, other)
            self._state.book.touch(order, self._state.now())
            lines = {line.item.sku: str(line.qty) for line in order.lines}
            self._journal("order.picked", order, lines=lines)

    def _requantify(self, order: Order, sku: str, quantity: Decimal) -> None:
        line = _line_of(order, sku)
        line.item.ordered_not_allocated -= line.qty - line.allocated
        line.item.allocated -= line.allocated
        line.qty, line.allocated = quantity, min(quantity, line.item.available)
        line.item.allocated += line.allocated
        line.item.ordered_not_allocated += line.qty - line.allocated
        order.lines = [each for each in order.lines if each.qty > 0]

    def _substitute(self, order: Order, sku: str, other: str) -> None:
        line = _line_of(order, sku)
        item = self._state.item(order.customer.id, other)
        if item is None:
            raise KeyError(other)
        line.item.allocated -= line.allocated
        line.item.ordered_not_allocated -= line.qty - line.allocated
        line.item, line.allocated = item, min(line.qty, item.available)
        item.allocated += line.allocated
        item.ordered_not_allocated += line.qty - line.allocated

    def void(self, orders: Iterable[Order], *, reopen: bool = False) -> list[Order]:
        """Remove the packages of orders, as after a voided label. `reopen` opens closed orders again."""
        with self._state.lock:
            packed = [order for order in orders if order.packages]
            for order in packed:
                numbers = [package.tracking_number for package in order.packages]
                order.packages = []
                if reopen and order.is_closed:
                    self._reopen(order)
                self._state.book.touch(order, self._state.now())
                self._journal("order.voided", order, tracking_numbers=numbers, reopened=reopen)
            return packed

    def correct(self, orders: Iterable[Order], old: str, new: str | None = None) -> list[Order]:
        """Give the packages with tracking number `old` a different one: `new`, or a generated one."""
        with self._state.lock:
            corrected = []
            for order in orders:
                for package in order.packages:
                    if package.tracking_number == old:
                        package.tracking_number = new or self._tracking(package.carrier)
                        self._state.book.touch(order, self._state.now())
                        self._journal("order.corrected", order, old=old, new=package.tracking_number)
                        corrected.append(order)
            return corrected

    def split(self, order: Order, parts: int = 2) -> list[Order]:
        """Split an open order into at most `parts`. Return all its live parts, or [] if it cannot be split.

        The parts are named REF-1, REF-2, ... (PackageBee's note on 3PL Central order ids). What happens to the
        original is a rule.
        """
        with self._state.lock:
            divided = shares(order.lines, parts)
            if order.status is not Status.OPEN or len(divided) < 2:
                return []
            return self._split(order, divided, self._state.now())

    def _split(self, order: Order, divided: list[Share], now: datetime) -> list[Order]:
        reference, mode = order.reference, self._state.rules.text("split_original")
        if mode == "cancelled":
            order.status, order.cancel_reason = Status.CANCELED, "Split"
            children = self._children(order, divided, 1, now)
            live = children
        else:
            first = 2 if mode == "renamed" else 1
            children = self._children(order, divided[1:], first, now)
            order.lines = _moved(divided[0], order.lines)
            live = [order, *children]
        if mode == "renamed":
            self._state.split_references.setdefault(reference.casefold(), []).append(order)
            self._state.book.rename(order, f"{reference}-1")
        self._state.book.touch(order, now)
        self._journal("order.split", order, parts=[each.reference for each in live])
        return live

    def _children(self, order: Order, divided: list[Share], first: int, now: datetime) -> list[Order]:
        return [
            self._child(order, share, f"{order.reference}-{number}", now)
            for number, share in enumerate(divided, first)
        ]

    def _child(self, order: Order, share: Share, reference: str, now: datetime) -> Order:
        child = Order(
            self._state.next_order_id(),
            order.customer,
            order.facility,
            reference,
            order.accepted_as,
            dict(order.document),
            now,
            now,
            parent_id=order.order_id,
        )
        child.lines = [self._line(line, qty) for line, qty in share]
        self._state.book.add(child)
        self._state.awaiting_shipment.append(child)
        return child

    def _line(self, line: Line, qty: Decimal) -> Line:
        allocated = min(qty, line.allocated)
        line.allocated -= allocated
        return Line(self._state.next_id(), line.item, qty, allocated, dict(line.document))

    def _ship(
        self,
        order: Order,
        at: datetime,
        *,
        packages: int,
        carrier: str | None = None,
        confirm: bool = True,
    ) -> None:
        routing = order.document.get("routingInfo") or {}
        name = carrier or str(routing.get("carrier") or "UPS")
        for share in shares(order.lines, packages):
            order.packages.append(self._packed(share, name, str(routing.get("mode") or ""), at))
        if confirm:
            self._close(order, at)
        self._state.book.touch(order, at)
        numbers = [package.tracking_number for package in order.packages]
        self._journal("order.shipped" if confirm else "order.packed", order, tracking_numbers=numbers)

    def _close(self, order: Order, at: datetime) -> None:
        order.status, order.processed_at = Status.CLOSED, at
        for line in order.lines:
            line.item.leave(line.qty, line.allocated)

    def _reopen(self, order: Order) -> None:
        order.status, order.processed_at, order.loaded_at = Status.OPEN, None, None
        for line in order.lines:
            line.item.return_to_order(line.qty, line.allocated)

    def _packed(self, share: Share, carrier: str, service: str, at: datetime) -> Package:
        weight = Decimal(self._state.rng.randint(*_QUARTER_POUNDS)) / 4
        number = self._tracking(carrier)
        package = Package(self._state.next_id(), number, carrier, service, weight, at)
        package.contents = [Content(self._state.next_id(), line, qty) for line, qty in share]
        return package

    def _tracking(self, carrier: str) -> str:
        return tracking_number(carrier, self._state.rng, self._state.next_id())

    def _journal(self, effect: str, order: Order, **detail: object) -> None:
        detail |= {"order_id": order.order_id, "reference": order.reference}
        self._state.journal.record_effect(effect, order.accepted_as, detail)


def _line_of(order: Order, sku: str) -> Line:
    for line in order.lines:
        if line.item.sku == sku:
            return line
    raise KeyError(sku)


def _moved(share: Share, lines: list[Line]) -> list[Line]:
    """Return the lines that stay with an order, with the quantities of its share."""
    staying = {line.order_item_id: qty for line, qty in share}
    for line in lines:
        if line.order_item_id in staying:
            line.qty = staying[line.order_item_id]
    return [line for line in lines if line.order_item_id in staying]

"""Any interleaving of orders, shipments, pushes and checkouts, on a model of both sides with the real arithmetic.

The store knows its own sales and what was last pushed to it. What it sells between two pushes and the warehouse
cannot fill is at most what docs/inventory.md says that a push cannot know: what was sold while it was under
way, what another entry of the same product sold, what the warehouse lost since its figures were read, and what a
cancelled order gave back although it was owed to others already.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cartage.inventory.availability import Entry, Shelf, StockOnHand, reservations, target

SKUS = ("MUG", "SPOON", "TENT")
# Two entries sell mugs, and two sell spoons; nothing but the tent sells tents.
ENTRIES = {
    "MUG": {"MUG": Decimal(1)},
    "SPOON": {"SPOON": Decimal(1)},
    "TENT": {"TENT": Decimal(1)},
    "SET": {"MUG": Decimal(2), "SPOON": Decimal(1)},
}
SIZE = st.integers(1, 3)


@dataclass
class Order:
    """An order at the store, by entry. `at` is where it stands: store, warehouse, shipped, or cancelled."""

    sku: str
    units: int
    at: str = "store"
    allocated: Counter[str] = field(default_factory=Counter)

    def parts(self) -> Counter[str]:
        return Counter({part: int(each) * self.units for part, each in ENTRIES[self.sku].items()})


@dataclass
class Push:
    """A push under way: what it will write, and what was sold since it read the open orders, by entry.

    `debt` is what was promised beyond what there is, which a figure that is never below 0 cannot show.
    """

    targets: dict[str, int]
    debt: Counter[str]
    sold: Counter[str] = field(default_factory=Counter)


class Trade(RuleBasedStateMachine):
    """One store, one warehouse, one lane."""

    def __init__(self) -> None:
        super().__init__()
        self.on_hand = Counter(dict.fromkeys(SKUS, 5))
        self.shown: Counter[str] = Counter()
        self.orders: list[Order] = []
        self.figures: list[StockOnHand] = []
        self.in_figures: list[Order] = []
        self.lost_since_poll: Counter[str] = Counter()
        self.push: Push | None = None
        # Of the push that landed last, since it read the open orders or its figures were read.
        self.sold_meanwhile: Counter[str] = Counter()
        self.sold_since: Counter[str] = Counter()
        self.lost_since: Counter[str] = Counter()
        self.debt: Counter[str] = Counter()
        self.given_back: Counter[str] = Counter()
        self.unfillable: Counter[str] = Counter()

    @rule(carts=st.lists(st.tuples(st.sampled_from(sorted(ENTRIES)), SIZE), min_size=1, max_size=4))
    def shoppers(self, carts: list[tuple[str, int]]) -> None:
        """The store sells what it shows."""
        for sku, wanted in carts:
            if (units := min(wanted, self.shown[sku])) > 0:
                self.check_out(sku, units)

    def check_out(self, sku: str, units: int) -> None:
        """The store takes this entry's figure down; other entries' it leaves alone."""
        before = {part: max(self.deficit(part), 0) for part in SKUS}
        self.shown[sku] -= units
        self.orders.append(Order(sku, units))
        self.sold_since[sku] += units
        if self.push is not None:
            self.push.sold[sku] += units
        for part in SKUS:
            self.unfillable[part] += max(self.deficit(part), 0) - before[part]

    @rule(many=st.integers(1, 9))
    def transfer(self, many: int) -> None:
        """The warehouse gets the oldest orders, and allocates what it has."""
        for order in [order for order in self.orders if order.at == "store"][:many]:
            order.at = "warehouse"
            for part, each in order.parts().items():
                order.allocated[part] = min(each, max(self.available(part), 0))

    @rule(many=st.integers(1, 9))
    def ship(self, many: int) -> None:
        """The warehouse ships orders of which it has everything."""
        for order in [order for order in self.orders if order.at == "warehouse"][:many]:
            if order.allocated == order.parts():
                order.at = "shipped"
                self.on_hand.subtract(order.parts())

    @rule(place=st.integers(0, 9))
    def cancel(self, place: int) -> None:
        """A person cancels an order that was not sent: the store takes its units back."""
        waiting = [order for order in self.orders if order.at == "store"]
        if waiting:
            order = waiting[place % len(waiting)]
            before = {part: max(self.deficit(part), 0) for part in SKUS}
            order.at = "cancelled"
            for part in SKUS:
                filled_again = before[part] - max(self.deficit(part), 0)
                self.unfillable[part] = max(self.unfillable[part] - filled_again, 0)
            self.shown[order.sku] += order.units
            self.given_back.update(order.parts())
            if self.push is not None:
                # It takes back what the push has not given yet: the push gives what it computed with the order in it.
                self.push.sold.subtract(dict.fromkeys(order.parts(), 0))

    @rule(sku=st.sampled_from(SKUS), units=SIZE)
    def receive(self, sku: str, units: int) -> None:
        """Goods come in, and lie there."""
        self.on_hand[sku] += units

    @rule(sku=st.sampled_from(SKUS))
    def allocate(self, sku: str) -> None:
        """What lies there goes to the orders that wait for it."""
        for order in self.orders:
            if order.at == "warehouse":
                short = order.parts()[sku] - order.allocated[sku]
                order.allocated[sku] += min(short, max(self.available(sku), 0))

    @rule(sku=st.sampled_from(SKUS), units=SIZE)
    def lose(self, sku: str, units: int) -> None:
        """Goods break, or another channel sells them."""
        gone = min(units, max(self.available(sku), 0))
        self.on_hand[sku] -= gone
        self.lost_since[sku] += gone
        self.lost_since_poll[sku] += gone

    @initialize()
    def first_push(self) -> None:
        """The shop opens."""
        self.poll_and_push()

    @rule()
    def poll_and_push(self) -> None:
        """A run in which nothing happens meanwhile."""
        if self.push is None:
            self.poll()
            self.begin_push()
            self.land_push()

    @rule()
    def push_again(self) -> None:
        """A push from figures that were read a while ago."""
        if self.push is None:
            self.begin_push()
            self.land_push()

    @rule()
    def poll(self) -> None:
        """The figures are read, with what the warehouse has of orders at that moment."""
        if self.push is None:
            self.figures = [
                StockOnHand(sku, Decimal(max(self.available(sku), 0)), self.owed(sku)) for sku in SKUS
            ]
            self.in_figures = [order for order in self.orders if order.at in ("warehouse", "shipped")]
            self.lost_since_poll = Counter()

    @rule()
    def begin_push(self) -> None:
        """The open orders are read, and the push is computed by the real arithmetic."""
        if self.push is None and self.figures:
            open_units: Counter[str] = Counter()
            for order in self.orders:
                if order.at != "cancelled" and not any(order is in_figure for in_figure in self.in_figures):
                    open_units[order.sku] += order.units
            shelf = Shelf(self.figures)
            units = {sku: Decimal(many) for sku, many in open_units.items()}
            reserved = reservations(units, ENTRIES.__getitem__, shelf)
            self.push = Push(
                {
                    sku: int(target(Entry(1, sku, Decimal(0)), parts, shelf, reserved))
                    for sku, parts in ENTRIES.items()
                },
                Counter({sku: max(-int(shelf.free(sku, reserved)), 0) for sku in SKUS}),
            )

    @rule()
    def land_push(self) -> None:
        """The values land, and undo what was sold since the orders were read."""
        if self.push is not None:
            self.shown = Counter(self.push.targets)
            self.sold_meanwhile, self.sold_since = self.push.sold, Counter(self.push.sold)
            self.lost_since, self.unfillable = Counter(self.lost_since_poll), Counter()
            self.debt, self.given_back = self.push.debt, Counter()
            self.push = None

    def allocated(self, sku: str) -> int:
        return sum(order.allocated[sku] for order in self.orders if order.at == "warehouse")

    def available(self, sku: str) -> int:
        return self.on_hand[sku] - self.allocated(sku)

    def owed(self, sku: str) -> Decimal:
        waiting = [order for order in self.orders if order.at == "warehouse"]
        return Decimal(sum(order.parts()[sku] - order.allocated[sku] for order in waiting))

    def deficit(self, sku: str) -> int:
        """What is promised beyond what there is."""
        promised = sum(order.parts()[sku] for order in self.orders if order.at in ("store", "warehouse"))
        return promised - self.on_hand[sku]

    def unknowable(self, sku: str) -> int:
        """What the last push could not know of a SKU."""
        by_entry = [int(ENTRIES[entry].get(sku, 0)) * units for entry, units in self.sold_since.items()]
        meanwhile = sum(
            int(ENTRIES[entry].get(sku, 0)) * units for entry, units in self.sold_meanwhile.items()
        )
        by_others = sum(by_entry) - max(by_entry, default=0)
        owed_again = min(self.debt[sku], self.given_back[sku])
        return meanwhile + by_others + self.lost_since[sku] + owed_again

    @invariant()
    def nothing_is_sold_that_cannot_be_filled_but_for_what_a_push_cannot_know(self) -> None:
        for sku in SKUS:
            assert self.unfillable[sku] <= self.unknowable(sku)


Trade.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestTrade = Trade.TestCase

"""Writing stock to the store: the fewest calls, what goes down before what goes up, each value with its intent first.

Bytes leave only while the open orders that a value rests on were read no longer than the lane's `guard` ago.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from time import monotonic

from cartage.inventory.breaker import Key
from cartage.inventory.repo import pushes as stock_pushes
from cartage.inventory.repo.pushes import StockOutcome, WantedStock
from cartage.inventory.survey import StockDifference
from cartage.model.skus import folded
from cartage.runtime.context import StageContext
from cartage.storefront.results import WriteOutcome
from cartage.storefront.stock import MOST_A_CALL, OptionStock, StockResult

log = logging.getLogger(__name__)


class OrdersTooOld(Exception):
    """The open orders were read too long ago for what was about to leave; nothing left."""


@dataclass
class WrittenStock:
    """What became of the entries that were tried: by key, the value that the store was given, or why it was not."""

    values: dict[Key, int] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)
    unknown: set[Key] = field(default_factory=set)
    calls: int = 0

    @property
    def tried(self) -> set[Key]:
        """The entries of which an outcome was seen or is unknown."""
        return self.values.keys() | self.refused.keys() | self.unknown


@dataclass
class StockWriter:
    """Writes for one push. `compared` is kept with it."""

    context: StageContext
    push_id: int
    compared: int
    done: WrittenStock = field(default_factory=WrittenStock)

    def write(self, differences: Sequence[StockDifference], *, asked_at: float) -> None:
        """Write these values, which rest on open orders asked for at `asked_at` (monotonic).

        Raises:
            OrdersTooOld: if some of it would leave too late; what left before is in `done`.
            LeaseLost: if the push is another run's by now.
            RemoteError: a failure of the system; what was not written stays as it was.
        """
        for call in _calls(differences):
            if self.context.stop.is_set():
                return
            self._carry_out(call, asked_at)

    def as_shown(self, difference: StockDifference) -> StockDifference:
        """The difference from what the store was told, where it was told something."""
        value = self.done.values.get(difference.entry.key)
        if value is None:
            return difference
        return replace(difference, entry=replace(difference.entry, stock=Decimal(value)))

    def _carry_out(self, call: Sequence[StockDifference], asked_at: float) -> None:
        self._in_time(asked_at)
        ids = self._intend(call)
        told: Mapping[Key, StockResult] | None = None
        left = False

        def leave() -> None:
            nonlocal left
            self._in_time(asked_at)
            left = True

        try:
            told = self._send(call, leave)
        finally:
            self._keep(call, ids, told, left=left)
        self.done.calls += 1

    def _send(self, call: Sequence[StockDifference], before: Callable[[], None]) -> dict[Key, StockResult]:
        entries = [one.entry for one in call]
        if not entries[0].code:
            products = {one.entry.catalog_id: one.value for one in call}
            told = self.context.store.stock.set_products(products, before=before)
            return {entry.key: told[entry.catalog_id] for entry in entries}
        return self._send_options(call, before)

    def _send_options(
        self, call: Sequence[StockDifference], before: Callable[[], None]
    ) -> dict[Key, StockResult]:
        """One product's combinations. Where a code is gone they are matched anew by their SKUs, once."""
        stock, catalog_id = self.context.store.stock, call[0].entry.catalog_id
        told = stock.set_options(catalog_id, _options(call), before=before)
        results = {one.entry.key: told[one.entry.code] for one in call}
        gone = [one for one in call if results[one.entry.key].gone]
        if gone:
            present = {folded(option.sku): option for option in stock.options(catalog_id) if option.sku}
            again = {
                one.entry.key: OptionStock(found.code, found.written, one.value)
                for one in gone
                if (found := present.get(folded(one.entry.sku))) and found.code != one.entry.code
            }
            if again:
                log.info("CatalogID %d: its options were rebuilt; matched anew by their SKUs", catalog_id)
                told = stock.set_options(catalog_id, list(again.values()), before=before)
                results |= {key: told[one.code] for key, one in again.items()}
        return results

    def _intend(self, call: Sequence[StockDifference]) -> dict[Key, int]:
        wanted = [
            WantedStock(
                one.entry.catalog_id,
                one.entry.code,
                one.entry.sku,
                None if one.entry.key in self.done.unknown else one.entry.stock,
                one.value,
            )
            for one in call
        ]
        with self.context.ledger.begin() as connection:
            ids = stock_pushes.intend_stock(
                connection,
                self.push_id,
                wanted,
                lease=self.context.lane.limits.lease,
                compared=self.compared,
            )
        return {one.entry.key: ids[one.entry.catalog_id, one.entry.code] for one in call}

    def _keep(
        self,
        call: Sequence[StockDifference],
        ids: Mapping[Key, int],
        told: Mapping[Key, StockResult] | None,
        *,
        left: bool,
    ) -> None:
        """Keep the outcomes. Of a call that raised, a part may have been carried out if any bytes `left`."""
        raised = "unknown" if left else "not_sent"
        outcomes = []
        for one in call:
            key = one.entry.key
            if told is None:
                outcomes.append(StockOutcome(ids[key], raised))
            else:
                outcomes.append(StockOutcome(ids[key], told[key].outcome.value, told[key].message))
                self._note(key, one.value, told[key])
        with self.context.ledger.begin() as connection:
            stock_pushes.finish_changes(connection, outcomes)

    def _note(self, key: Key, value: int, result: StockResult) -> None:
        self.done.unknown.discard(key)
        match result.outcome:
            case WriteOutcome.WRITTEN:
                self.done.values[key] = value
            case WriteOutcome.REFUSED:
                self.done.refused[key] = result.message
            case WriteOutcome.UNKNOWN:
                self.done.values.pop(key, None)
                self.done.unknown.add(key)

    def _in_time(self, asked_at: float) -> None:
        if timedelta(seconds=monotonic() - asked_at) > self.context.lane.limits.status_freshness:
            raise OrdersTooOld


def _calls(differences: Sequence[StockDifference]) -> Iterator[Sequence[StockDifference]]:
    """Products by the hundred, combinations by their product; calls that take away come first."""
    own = sorted((difference for difference in differences if not difference.entry.code), key=_rise)
    products: dict[int, list[StockDifference]] = {}
    for difference in differences:
        if difference.entry.code:
            products.setdefault(difference.entry.catalog_id, []).append(difference)
    calls: list[Sequence[StockDifference]] = _hundreds(own)
    for options in products.values():
        calls += _hundreds(options)
    yield from sorted(calls, key=lambda call: min(map(_rise, call)))


def _hundreds(differences: Sequence[StockDifference]) -> list[Sequence[StockDifference]]:
    return [differences[start : start + MOST_A_CALL] for start in range(0, len(differences), MOST_A_CALL)]


def _rise(one: StockDifference) -> float:
    return float(one.value - one.entry.stock)


def _options(call: Sequence[StockDifference]) -> list[OptionStock]:
    return [OptionStock(one.entry.code, one.entry.written, one.value) for one in call]

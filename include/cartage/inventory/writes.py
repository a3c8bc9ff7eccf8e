"""Write stock to the store in as few calls as possible, decreases before increases, each value with its intent first.

Requests leave only while the open orders that a value rests on were read within the lane's `limits.status_freshness`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from time import monotonic

from cartage.inventory.breaker import Key
from cartage.inventory.repo import pushes
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
    """The outcome of each entry, by key: the value that was written, or why it was not."""

    values: dict[Key, int] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)
    unknown: set[Key] = field(default_factory=set)
    calls: int = 0

    @property
    def tried(self) -> set[Key]:
        """The entries with an outcome, unknown ones included."""
        return self.values.keys() | self.refused.keys() | self.unknown


@dataclass
class StockWriter:
    """Writes for one push. `compared` is stored with the push."""

    context: StageContext
    push_id: int
    compared: int
    done: WrittenStock = field(default_factory=WrittenStock)

    def write(self, differences: Sequence[StockDifference], *, read_at: float) -> None:
        """Write these values, which rest on open orders read at `read_at` (monotonic seconds).

        Raises:
            OrdersTooOld: if a part of it would leave too late; what left before is in `done`.
            LeaseLost: if the push belongs to another run by now.
            RemoteError: if the store fails; what was not written stays as it was.
        """
        for call in _calls(differences):
            if self.context.stop.is_set():
                return
            self._write_call(call, read_at)

    def as_shown(self, difference: StockDifference) -> StockDifference:
        """Return the difference from what this push wrote, where it wrote the entry."""
        value = self.done.values.get(difference.entry.key)
        if value is None:
            return difference
        return replace(difference, entry=replace(difference.entry, stock=Decimal(value)))

    def _write_call(self, call: Sequence[StockDifference], read_at: float) -> None:
        self._in_time(read_at)
        ids = self._intend(call)
        results: Mapping[Key, StockResult] | None = None
        left = False

        def before_sending() -> None:
            nonlocal left
            self._in_time(read_at)
            left = True

        try:
            results = self._send(call, before_sending)
        finally:
            self._record(call, ids, results, left=left)
        self.done.calls += 1

    def _send(self, call: Sequence[StockDifference], before: Callable[[], None]) -> dict[Key, StockResult]:
        entries = [difference.entry for difference in call]
        if not entries[0].code:
            products = {difference.entry.catalog_id: difference.value for difference in call}
            results = self.context.store.stock.set_products(products, before=before)
            return {entry.key: results[entry.catalog_id] for entry in entries}
        return self._send_options(call, before)

    def _send_options(
        self, call: Sequence[StockDifference], before: Callable[[], None]
    ) -> dict[Key, StockResult]:
        """Write one product's combinations. Where a code is gone, match the combinations by SKU once more."""
        stock, catalog_id = self.context.store.stock, call[0].entry.catalog_id
        by_code = stock.set_options(catalog_id, _options(call), before=before)
        results = {difference.entry.key: by_code[difference.entry.code] for difference in call}
        gone = [difference for difference in call if results[difference.entry.key].gone]
        if gone:
            present = {folded(option.sku): option for option in stock.options(catalog_id) if option.sku}
            again = {
                difference.entry.key: OptionStock(found.code, found.written, difference.value)
                for difference in gone
                if (found := present.get(folded(difference.entry.sku)))
                and found.code != difference.entry.code
            }
            if again:
                log.info("CatalogID %d: its options were rebuilt; they are matched by SKU", catalog_id)
                by_code = stock.set_options(catalog_id, list(again.values()), before=before)
                results |= {key: by_code[option.code] for key, option in again.items()}
        return results

    def _intend(self, call: Sequence[StockDifference]) -> dict[Key, int]:
        wanted = [
            WantedStock(
                difference.entry.catalog_id,
                difference.entry.code,
                difference.entry.sku,
                None if difference.entry.key in self.done.unknown else difference.entry.stock,
                difference.value,
            )
            for difference in call
        ]
        with self.context.ledger.begin() as connection:
            ids = pushes.intend_stock(
                connection,
                self.push_id,
                wanted,
                lease=self.context.lane.limits.lease,
                compared=self.compared,
            )
        return {
            difference.entry.key: ids[difference.entry.catalog_id, difference.entry.code]
            for difference in call
        }

    def _record(
        self,
        call: Sequence[StockDifference],
        ids: Mapping[Key, int],
        results: Mapping[Key, StockResult] | None,
        *,
        left: bool,
    ) -> None:
        """Record the outcomes. A call that raised may have been carried out in part if any bytes `left`."""
        raised = "unknown" if left else "not_sent"
        outcomes = []
        for difference in call:
            key = difference.entry.key
            if results is None:
                outcomes.append(StockOutcome(ids[key], raised))
            else:
                outcomes.append(StockOutcome(ids[key], results[key].outcome.value, results[key].message))
                self._note(key, difference.value, results[key])
        with self.context.ledger.begin() as connection:
            pushes.finish_changes(connection, outcomes)

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

    def _in_time(self, read_at: float) -> None:
        if timedelta(seconds=monotonic() - read_at) > self.context.lane.limits.status_freshness:
            raise OrdersTooOld


def _calls(differences: Sequence[StockDifference]) -> Iterator[Sequence[StockDifference]]:
    """Yield the calls: products by the hundred, combinations by their product; calls that decrease stock come first."""
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


def _rise(difference: StockDifference) -> float:
    return float(difference.value - difference.entry.stock)


def _options(call: Sequence[StockDifference]) -> list[OptionStock]:
    return [
        OptionStock(difference.entry.code, difference.entry.written, difference.value) for difference in call
    ]

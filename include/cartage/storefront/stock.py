"""Write the stock of products and of combinations of options at one store (3dcart-api.md, section 7).

Values are absolute: the API has neither relative changes nor conditional writes. The caller decides how old the figures
behind them may be, and checks that in `before`, which runs just before the bytes leave.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cartage.errors import NotFound, OutcomeUnknown, Refused
from cartage.storefront import catalogue
from cartage.storefront.catalogue import OptionSku
from cartage.storefront.results import WriteOutcome, write_outcome
from cartage.storefront.session import Before, StoreSession
from cartage.storefront.wire.responses import Result

log = logging.getLogger(__name__)

# Section 3.1, for products. Nothing is documented for combinations of options.
MOST_A_CALL = 100
_GONE = 404

K = TypeVar("K", int, str)


@dataclass(frozen=True, slots=True)
class StockResult:
    """The store's result for one stock value; `status` is 0 if the response has none."""

    outcome: WriteOutcome
    status: int = 0
    message: str = ""

    @property
    def ok(self) -> bool:
        """Return whether the value was written."""
        return self.outcome is WriteOutcome.WRITTEN

    @property
    def gone(self) -> bool:
        """Return whether the store does not know the product or combination."""
        return self.outcome is WriteOutcome.REFUSED and self.status == _GONE


@dataclass(frozen=True, slots=True)
class OptionStock:
    """A combination's stock. Its suffix is sent too: a store may clear a suffix that is left out (UNVERIFIED)."""

    code: str
    written: str
    stock: int


class StockWrites:
    """Writes the stock of one store's products. Threads may share it."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    def set_products(
        self, stocks: Mapping[int, int], *, before: Before | None = None
    ) -> dict[int, StockResult]:
        """Set the stock of at most 100 products, by CatalogID, in one call. Every product gets its own outcome.

        A call that is refused as a whole is halved until the faulty products are alone. Products that a response
        does not name are unknown, and so are all products of a lost response.

        Raises:
            RemoteError: for a failure of the system; nothing was written.
        """

        def write(part: Mapping[int, int]) -> Sequence[Result]:
            body = [{"SKUInfo": {"CatalogID": key, "Stock": value}} for key, value in part.items()]
            return self._session.write("/Products", body, before=before)

        return _write_halving(dict(stocks), write, lambda keys, results: _outcomes(keys, results, ""))

    def set_options(
        self, catalog_id: int, stocks: Sequence[OptionStock], *, before: Before | None = None
    ) -> dict[str, StockResult]:
        """Set the stock of one product's combinations, by code, in one call. Outcomes are as in `set_products`."""

        def write(part: Mapping[str, OptionStock]) -> Sequence[Result]:
            body = [
                {
                    "AdvancedOptionCode": option.code,
                    "AdvancedOptionSufix": option.written,
                    "AdvancedOptionStock": option.stock,
                }
                for option in part.values()
            ]
            return self._session.write(f"/Products/{catalog_id}/AdvancedOptions", body, before=before)

        return _write_halving(
            {stock.code: stock for stock in stocks},
            write,
            lambda keys, results: _outcomes(keys, results, str(catalog_id)),
        )

    def options(self, catalog_id: int) -> tuple[OptionSku, ...]:
        """Return a product's combinations as they are now; none if there is no such product."""
        try:
            rows = self._session.read(f"/Products/{catalog_id}/AdvancedOptions", {"limit": 500, "offset": 1})
        except NotFound:
            return ()
        return catalogue.option_skus(rows)


def _write_halving(
    items: Mapping[K, Any],
    write: Callable[[Mapping[K, Any]], Sequence[Result]],
    read: Callable[[Sequence[K], Sequence[Result]], dict[K, StockResult]],
) -> dict[K, StockResult]:
    """Write all items in one call. If it is refused as a whole, halve it until the faulty items are alone."""
    try:
        return read(list(items), write(items))
    except OutcomeUnknown as lost:
        return dict.fromkeys(items, StockResult(WriteOutcome.UNKNOWN, lost.status or 0, lost.what))
    except (Refused, NotFound) as refusal:
        if refusal.status == 415:
            raise
        if len(items) == 1:
            refused = StockResult(WriteOutcome.REFUSED, refusal.status or 0, refusal.what)
            return dict.fromkeys(items, refused)
        log.warning("%s The %d stocks are sent again in two halves.", refusal, len(items))
    keys = list(items)
    halves = (keys[: len(keys) // 2], keys[len(keys) // 2 :])
    first, second = ({key: items[key] for key in half} for half in halves)
    return _write_halving(first, write, read) | _write_halving(second, write, read)


def _outcomes(keys: Sequence[K], results: Sequence[Result], product: str) -> dict[K, StockResult]:
    """Return each item's outcome, matched by the results' `Value`. If several name the same item, the worst counts.

    Results of combinations may name their product instead (section 7; UNVERIFIED). The worst of those then counts
    for every combination.
    """
    by_value: dict[str, StockResult] = {}
    for result in results:
        outcome = write_outcome(0, result)
        if result.value not in by_value or by_value[result.value].ok:
            by_value[result.value] = StockResult(outcome.outcome, outcome.status, outcome.message)
    unnamed = StockResult(WriteOutcome.UNKNOWN, message="the store's response does not name it")
    for_all = by_value.get(product, unnamed) if product else unnamed
    return {key: by_value.get(str(key), for_all) for key in keys}

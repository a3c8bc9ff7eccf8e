"""Stock at one store: writing it for products and for combinations of options (3dcart-api.md, section 7).

Values are absolute: there is no relative change, and no conditional write. Whoever computes them decides how old what
they rest on may be, and says so in `before`, which runs just before the bytes leave.
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

# Section 3.1: of products; of combinations of options nothing is documented.
MOST_A_CALL = 100
_GONE = 404

K = TypeVar("K", int, str)


@dataclass(frozen=True, slots=True)
class StockResult:
    """What became of one stock's write; `status` is 0 where the store said nothing of it."""

    outcome: WriteOutcome
    status: int = 0
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was written."""
        return self.outcome is WriteOutcome.WRITTEN

    @property
    def gone(self) -> bool:
        """Whether the store does not know what was to be written."""
        return self.outcome is WriteOutcome.REFUSED and self.status == _GONE


@dataclass(frozen=True, slots=True)
class OptionStock:
    """A combination's stock. Its suffix is written with it: a store may blank one that is left out (UNVERIFIED)."""

    code: str
    written: str
    stock: int


class StockWrites:
    """The stock of one store's products. May be shared by threads."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    def set_products(
        self, stocks: Mapping[int, int], *, before: Before | None = None
    ) -> dict[int, StockResult]:
        """Set the stock of at most 100 products, by CatalogID, in one call; every one gets its own outcome.

        A call that is refused as a whole is halved until the products at fault are alone. What an answer does not
        name, and all of an answer that was lost, is unknown.

        Raises:
            RemoteError: a failure of the system: nothing was carried out.
        """

        def write(some: Mapping[int, int]) -> Sequence[Result]:
            body = [{"SKUInfo": {"CatalogID": key, "Stock": value}} for key, value in some.items()]
            return self._session.write("/Products", body, before=before)

        return _halving(dict(stocks), write, lambda keys, results: _named(keys, results, ""))

    def set_options(
        self, catalog_id: int, stocks: Sequence[OptionStock], *, before: Before | None = None
    ) -> dict[str, StockResult]:
        """Set the stock of one product's combinations, by their codes, in one call; outcomes as in `set_products`."""

        def write(some: Mapping[str, OptionStock]) -> Sequence[Result]:
            body = [
                {
                    "AdvancedOptionCode": one.code,
                    "AdvancedOptionSufix": one.written,
                    "AdvancedOptionStock": one.stock,
                }
                for one in some.values()
            ]
            return self._session.write(f"/Products/{catalog_id}/AdvancedOptions", body, before=before)

        return _halving(
            {stock.code: stock for stock in stocks},
            write,
            lambda keys, results: _named(keys, results, str(catalog_id)),
        )

    def options(self, catalog_id: int) -> tuple[OptionSku, ...]:
        """A product's combinations as they are now; none if there is no such product."""
        try:
            rows = self._session.read(f"/Products/{catalog_id}/AdvancedOptions", {"limit": 500, "offset": 1})
        except NotFound:
            return ()
        return catalogue.option_skus(rows)


def _halving(
    items: Mapping[K, Any],
    write: Callable[[Mapping[K, Any]], Sequence[Result]],
    read: Callable[[Sequence[K], Sequence[Result]], dict[K, StockResult]],
) -> dict[K, StockResult]:
    """Write all at once; halve what is refused whole, until those at fault are alone."""
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
    return _halving(first, write, read) | _halving(second, write, read)


def _named(keys: Sequence[K], results: Sequence[Result], product: str) -> dict[K, StockResult]:
    """Each one's outcome by the results' `Value`. The worst counts where several name one.

    The results of combinations may name their product instead (section 7; UNVERIFIED): then the worst of those
    stands for all.
    """
    told: dict[str, StockResult] = {}
    for result in results:
        outcome = write_outcome(0, result)
        if result.value not in told or told[result.value].ok:
            told[result.value] = StockResult(outcome.outcome, outcome.status, outcome.message)
    unnamed = StockResult(WriteOutcome.UNKNOWN, message="the store's answer does not name it")
    for_all = told.get(product, unnamed) if product else unnamed
    return {key: told.get(str(key), for_all) for key in keys}

"""Compare the SKUs of store and warehouse: unknown on either side, duplicates, blanks, letter case. Pure.

pandas joins the two lists. SKUs are matched by the same function as in validation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cartage.model.skus import Match, MatchKind, folded
from cartage.preflight.findings import FindingKind, PreflightFinding, mistake, warning
from cartage.warehouses.matching import match

if TYPE_CHECKING:
    from cartage.preflight.products import StoreSku, WarehouseSku

_NAMED = 5


def compare_skus(sold: Sequence[StoreSku], items: Sequence[WarehouseSku]) -> Iterator[PreflightFinding]:
    """Yield every difference between the SKUs that the store sells and those that the warehouse knows."""
    import pandas as pd

    store = pd.DataFrame(
        [
            (folded(good.sku), good.sku, good.product, good.hidden)
            for good in sold
            if good.sku and not good.too_many
        ],
        columns=["key", "sku", "product", "hidden"],
    )
    warehouse = pd.DataFrame(
        [(folded(item.sku), item.sku, item.active) for item in items if item.sku],
        columns=["key", "there", "active"],
    )
    yield from _without_sku(sold)
    yield from _blanks(sold, items)
    yield from _unmatched(store, warehouse)
    yield from _duplicates_in_store(store)
    yield from _duplicates_at_warehouse(warehouse)


def _without_sku(sold: Sequence[StoreSku]) -> Iterator[PreflightFinding]:
    for good in sold:
        if not good.sku:
            fix = "Give it a SKU in 3dcart; every line of an order needs one."
            yield _mistake_unless_hidden(good.hidden, FindingKind.NO_SKU, good.product, "it has no SKU", fix)


def _blanks(sold: Sequence[StoreSku], items: Sequence[WarehouseSku]) -> Iterator[PreflightFinding]:
    spellings = [(good.sku, good.written, "store") for good in sold]
    spellings += [(item.sku, item.written, "warehouse") for item in items]
    for sku, written, side in dict.fromkeys(spellings):
        if sku and written != sku:
            what = f"the {side} has it as {written!r}, with blanks at the ends; they are ignored"
            yield warning(
                FindingKind.BLANKS, sku, what, f"Remove the blanks at the {side}: other systems compare them."
            )


def _unmatched(store: Any, warehouse: Any) -> Iterator[PreflightFinding]:
    """Yield what an outer merge of both sides shows: each SKU of the store with every item that it may mean."""
    import pandas as pd

    items = pd.DataFrame(_items_by_key(warehouse), columns=["key", "items"])
    both = store.drop_duplicates("sku").merge(items, on="key", how="outer", indicator=True)
    for row in both.sort_values(["key", "sku"]).to_dict("records"):
        if row["_merge"] == "right_only":
            yield from _not_sold(row["items"])
        elif finding := _mismatch(row, match(row["sku"], row["items"] if row["_merge"] == "both" else [])):
            yield finding


def _items_by_key(warehouse: Any) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Return the items by folded SKU; of several in the same spelling, whether any is active."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for key, there, active in warehouse.itertuples(index=False):
        found[key][there] = found[key].get(there, False) or bool(active)
    return [(key, list(spelled.items())) for key, spelled in found.items()]


def _not_sold(items: Sequence[tuple[str, bool]]) -> Iterator[PreflightFinding]:
    for sku, active in items:
        if active:
            what = "the warehouse has it, but no product of the store does"
            fix = "Nothing, unless it should be sold: then compare the spelling."
            yield warning(FindingKind.UNKNOWN_TO_STORE, sku, what, fix)


def _mismatch(row: Mapping[str, Any], found: Match) -> PreflightFinding | None:
    if found.kind is MatchKind.UNKNOWN:
        what = f"the warehouse does not know it ({row['product']})"
        fix = "Create the item at the warehouse, map the SKU to one, correct it in 3dcart, or exclude it in the lane."
        return _mistake_unless_hidden(row["hidden"], FindingKind.UNKNOWN_TO_WAREHOUSE, row["sku"], what, fix)
    if found.kind is MatchKind.INACTIVE:
        what = f"it is deactivated at the warehouse ({row['product']})"
        fix = "Have the warehouse activate it, or remove it from the store."
        return _mistake_unless_hidden(row["hidden"], FindingKind.INACTIVE_ITEM, row["sku"], what, fix)
    if found.kind is MatchKind.AMBIGUOUS:
        what = f"the warehouse has several items that differ from it only in letter case: {', '.join(found.candidates)}"
        fix = "Make the SKU in 3dcart equal to one of them, letter for letter."
        return _mistake_unless_hidden(row["hidden"], FindingKind.AMBIGUOUS_SKU, row["sku"], what, fix)
    if found.kind is MatchKind.FOLDED and found.sku != row["sku"]:
        what = f"the warehouse spells it {found.sku!r}; orders go out under its spelling"
        return warning(
            FindingKind.LETTER_CASE,
            row["sku"],
            what,
            "Spell it the same on both sides: other systems compare the case.",
        )
    return None


def _duplicates_in_store(store: Any) -> Iterator[PreflightFinding]:
    for _, rows in store.groupby("key"):
        if len(rows) < 2:
            continue
        names = ", ".join(sorted(set(rows["product"]))[:_NAMED])
        what = f"{len(rows)} products or options have this SKU: {names}; an order does not show which one it means"
        fix = "Give each its own SKU in 3dcart if they are different goods."
        yield warning(FindingKind.DUPLICATE_IN_STORE, rows["sku"].iloc[0], what, fix)


def _duplicates_at_warehouse(warehouse: Any) -> Iterator[PreflightFinding]:
    active = warehouse[warehouse["active"].astype(bool)]
    for sku, rows in active.groupby("there"):
        if len(rows) > 1:
            what = f"the warehouse has {len(rows)} items with this SKU; the warehouse chooses which one ships"
            yield mistake(
                FindingKind.DUPLICATE_AT_WAREHOUSE, sku, what, "Have the warehouse keep one of them."
            )


def _mistake_unless_hidden(
    hidden: bool, kind: FindingKind, subject: str, what: str, fix: str
) -> PreflightFinding:
    """Return a mistake, or a warning for a product that the store hides, since nobody can buy it."""
    if hidden:
        return warning(kind, subject, f"{what}; the store hides the product", fix)
    return mistake(kind, subject, what, fix)

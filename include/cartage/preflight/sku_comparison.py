"""Two lists of SKUs compared: unknown on either side, duplicates, blanks, letter case. Pure; pandas does the joining.

What an order would meet is not guessed anew: the match is the one that validation uses.
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


def compare_skus(sold: Sequence[StoreSku], shelf: Sequence[WarehouseSku]) -> Iterator[PreflightFinding]:
    """Every difference between what the store sells and what the warehouse knows."""
    import pandas as pd

    store = pd.DataFrame(
        [(folded(one.sku), one.sku, one.product, one.hidden) for one in sold if one.sku and not one.too_many],
        columns=["key", "sku", "product", "hidden"],
    )
    warehouse = pd.DataFrame(
        [(folded(one.sku), one.sku, one.active) for one in shelf if one.sku],
        columns=["key", "there", "active"],
    )
    yield from _without_sku(sold)
    yield from _blanks(sold, shelf)
    yield from _joined(store, warehouse)
    yield from _twice_in_store(store)
    yield from _twice_at_warehouse(warehouse)


def _without_sku(sold: Sequence[StoreSku]) -> Iterator[PreflightFinding]:
    for one in sold:
        if not one.sku:
            fix = "Give it a SKU in 3dcart; every line of an order needs one."
            yield _worse_if_seen(one.hidden, FindingKind.NO_SKU, one.product, "it has no SKU", fix)


def _blanks(sold: Sequence[StoreSku], shelf: Sequence[WarehouseSku]) -> Iterator[PreflightFinding]:
    where = [(one.sku, one.written, "store") for one in sold]
    where += [(one.sku, one.written, "warehouse") for one in shelf]
    for sku, written, side in dict.fromkeys(where):
        if sku and written != sku:
            what = f"the {side} has it as {written!r}, with blanks at its ends; they are ignored"
            yield warning(
                FindingKind.BLANKS, sku, what, f"Take the blanks out at the {side}: other systems count them."
            )


def _joined(store: Any, warehouse: Any) -> Iterator[PreflightFinding]:
    """The outer merge of both sides: each SKU of the store beside every item that may be meant by it."""
    import pandas as pd

    items = pd.DataFrame(_items(warehouse), columns=["key", "items"])
    both = store.drop_duplicates("sku").merge(items, on="key", how="outer", indicator=True)
    for row in both.sort_values(["key", "sku"]).to_dict("records"):
        if row["_merge"] == "right_only":
            yield from _unsold(row["items"])
        elif finding := _unlike(row, match(row["sku"], row["items"] if row["_merge"] == "both" else [])):
            yield finding


def _items(warehouse: Any) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Per folded SKU the items; of one that is there twice in the same spelling, whether any is active."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for key, there, active in warehouse.itertuples(index=False):
        found[key][there] = found[key].get(there, False) or bool(active)
    return [(key, list(spelled.items())) for key, spelled in found.items()]


def _unsold(items: Sequence[tuple[str, bool]]) -> Iterator[PreflightFinding]:
    for sku, active in items:
        if active:
            what = "the warehouse has it, no product of the store does"
            fix = "Nothing, unless it should be sold: then compare the spelling."
            yield warning(FindingKind.UNKNOWN_TO_STORE, sku, what, fix)


def _unlike(row: Mapping[str, Any], found: Match) -> PreflightFinding | None:
    if found.kind is MatchKind.UNKNOWN:
        what = f"the warehouse does not know it ({row['product']})"
        fix = "Create the item at the warehouse, map the SKU to one, correct it in 3dcart, or exclude it in the lane."
        return _worse_if_seen(row["hidden"], FindingKind.UNKNOWN_TO_WAREHOUSE, row["sku"], what, fix)
    if found.kind is MatchKind.INACTIVE:
        what = f"it is deactivated at the warehouse ({row['product']})"
        fix = "Have the warehouse activate it, or take it out of the store."
        return _worse_if_seen(row["hidden"], FindingKind.INACTIVE_ITEM, row["sku"], what, fix)
    if found.kind is MatchKind.AMBIGUOUS:
        what = f"the warehouse has several that differ from it only in letter case: {', '.join(found.candidates)}"
        fix = "Make the SKU in 3dcart equal to one of them, letter for letter."
        return _worse_if_seen(row["hidden"], FindingKind.AMBIGUOUS_SKU, row["sku"], what, fix)
    if found.kind is MatchKind.FOLDED and found.sku != row["sku"]:
        what = f"the warehouse spells it {found.sku!r}; orders go out under its spelling"
        return warning(
            FindingKind.LETTER_CASE,
            row["sku"],
            what,
            "Spell it alike on both sides: other systems count the case.",
        )
    return None


def _twice_in_store(store: Any) -> Iterator[PreflightFinding]:
    for _, rows in store.groupby("key"):
        if len(rows) < 2:
            continue
        names = ", ".join(sorted(set(rows["product"]))[:_NAMED])
        what = f"{len(rows)} products or options have this SKU: {names}; an order does not say which it means"
        fix = "Give each a SKU of its own in 3dcart, if they are different goods."
        yield warning(FindingKind.DUPLICATE_IN_STORE, rows["sku"].iloc[0], what, fix)


def _twice_at_warehouse(warehouse: Any) -> Iterator[PreflightFinding]:
    active = warehouse[warehouse["active"].astype(bool)]
    for sku, rows in active.groupby("there"):
        if len(rows) > 1:
            what = f"the warehouse has {len(rows)} items of this SKU; which of them ships is left to it"
            yield mistake(
                FindingKind.DUPLICATE_AT_WAREHOUSE, sku, what, "Have the warehouse keep one of them."
            )


def _worse_if_seen(hidden: bool, kind: FindingKind, subject: str, what: str, fix: str) -> PreflightFinding:
    """A mistake; of a product that the store hides only a warning, since it is not bought."""
    if hidden:
        return warning(kind, subject, f"{what}; the store hides the product", fix)
    return mistake(kind, subject, what, fix)

"""Compare the extracts of two sides as outer merges. Pure.

The rows that agree are found column by column, and are nearly all. Only the others are judged one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cartage.model.states import AT_WAREHOUSE, State
from cartage.reconciliation.judging import (
    FoundDifference,
    Rules,
    judge_other_warehouse,
    judge_with_store,
    judge_with_warehouse,
)
from cartage.reconciliation.light_rows import (
    CANCELLED,
    OPEN,
    PARTLY,
    SEPARATOR,
    SHIPPED,
    WarehouseRow,
    combined,
    together,
    values_of,
)

if TYPE_CHECKING:
    import pandas as pd

# A reference of ours without the store's code: OrderID, ShipmentID and the letter of a later generation.
_OUR_OWN = r"_\d+_\d+(?:[b-z][a-z]?)?"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a comparison found, and the orders that are still on their way (OrderID; of a warehouse also references)."""

    found: list[FoundDifference]
    in_flight: set[int | str]


def compare_with_store(store: pd.DataFrame, ledger: pd.DataFrame, rules: Rules) -> Judged:
    """Compare ship groups of the store (`StoreRow`) with fulfillment orders (`LedgerRow`)."""
    keys = ["order_id", "shipment_id"]
    present = _whole_groups(ledger[(ledger["superseded"] == 0)], keys)
    joined = store.merge(present, on=keys, how="outer", suffixes=("_there", ""), indicator="where")
    joined["listed"] = joined["order_id"].isin(store["order_id"])
    joined["known"] = joined["order_id"].isin(present["order_id"])
    # A ship-to that one side lacks is an edit, and known if the ledger has seen this copy of the order.
    contents = store.drop_duplicates("order_id").set_index("order_id")["content"]
    joined["content_there"] = joined["order_id"].map(contents)
    seen = joined["content_there"].isin([*present["content"], *present["seen"]])
    moving = _moving(joined, rules)
    left, right, both = (joined["where"] == side for side in ("left_only", "right_only", "both"))
    unlike = both & ~_agrees_with_store(joined, rules)
    added, removed = left & joined["known"] & ~seen, right & ~(joined["listed"] & seen)
    due = (left & (joined["eligible"] == 1) & ~joined["known"]) | added | removed | unlike
    suspects = joined[due]
    in_flight = set(suspects.loc[moving[due], "order_id"].astype(int))
    found = [
        difference
        for row in suspects[~suspects["order_id"].isin(in_flight)].itertuples(index=False)
        for difference in judge_with_store(row, rules)
    ]
    return Judged(list({each.identity: each for each in found}.values()), in_flight)


def compare_with_warehouse(ledger: pd.DataFrame, warehouse: pd.DataFrame, rules: Rules) -> Judged:
    """Compare fulfillment orders (`LedgerRow`) with the orders of the lane's warehouses (`WarehouseRow`)."""
    elsewhere, warehouse = _elsewhere(ledger, warehouse)
    sent = ledger.assign(asked_for=ledger["sent_method"].str.split(SEPARATOR).str.get(0))
    joined = _whole(warehouse).merge(sent, on="ref", how="outer", suffixes=("_there", ""), indicator="where")
    moving = _moving(joined, rules)
    left, right, both = (joined["where"] == side for side in ("left_only", "right_only", "both"))
    ours = joined["ref"].str.fullmatch(rules.store_code.casefold() + _OUR_OWN)
    absent = (
        right & joined["state"].isin([*AT_WAREHOUSE]) & (joined["superseded"] == 0) & rules.absence_proves
    )
    due = (left & ours & (joined["state_there"] != CANCELLED)) | absent
    due |= both & ~_agrees_with_warehouse(joined)
    suspects = joined[due]
    in_flight = set(suspects.loc[moving[due], "ref"])
    astray = _astray(elsewhere, ledger, set(warehouse["ref"]), rules)
    named = {difference.key.casefold() for difference in astray.found}
    found = [
        difference
        for row in suspects[~suspects["ref"].isin(in_flight | astray.in_flight)].itertuples(index=False)
        for difference in judge_with_warehouse(row)
        if row.where != "right_only" or row.ref not in named
    ]
    return Judged([*found, *astray.found], in_flight | astray.in_flight)


def _elsewhere(ledger: pd.DataFrame, warehouse: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the orders that are at another of the lane's warehouses than the ledger says, and all others."""
    there = ledger[ledger["state"].isin([*AT_WAREHOUSE]) & (ledger["superseded"] == 0)]
    expected = warehouse["ref"].map(there.drop_duplicates("ref").set_index("ref")["at"])
    astray = expected.notna() & (warehouse["at"] != expected) & (warehouse["state"] != CANCELLED)
    # What another warehouse has cancelled is nothing to compare with.
    ours = expected.isna() | (warehouse["at"] == expected)
    return warehouse[astray], warehouse[ours]


def _astray(elsewhere: pd.DataFrame, ledger: pd.DataFrame, here: set[str], rules: Rules) -> Judged:
    """Judge the orders that another warehouse has: instead of the ledger's, or as well as it."""
    found: list[FoundDifference] = []
    in_flight: set[int | str] = set()
    rows = {
        row.ref: row for row in ledger[ledger["ref"].isin(elsewhere["ref"])].itertuples(index=False)
        if row.state in AT_WAREHOUSE and not row.superseded
    }  # fmt: skip
    for there in elsewhere.drop_duplicates(["ref", "at"]).itertuples(index=False):
        row = rows[there.ref]
        if max(row.changed, there.changed) > rules.settled_before or row.busy:
            in_flight.add(there.ref)
        elif not row.explained:
            found.append(judge_other_warehouse(row, there, is_here=there.ref in here))
    return Judged(found, in_flight)


def _whole_groups(ledger: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows with a column `lead`: 1 for the first part of each ship group, which has the lines of all."""
    ledger = ledger.assign(lead=1)
    several = ledger.duplicated(keys, keep=False)
    if not several.any():
        return ledger
    parts = ledger[several].sort_values([*keys, "part"])
    ledger.loc[parts.index, "lead"] = (~parts.duplicated(keys)).astype(int)
    ledger.loc[parts.index, "lines"] = parts.groupby(keys)["lines"].transform(together)
    return ledger


def _whole(warehouse: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each order: its split children put together."""
    import pandas as pd

    split = warehouse["ref"].duplicated(keep=False)
    if not split.any():
        return warehouse
    orders = [
        combined([WarehouseRow(*part) for part in parts.itertuples(index=False)])
        for _, parts in warehouse[split].groupby("ref")
    ]
    whole = pd.DataFrame.from_records([values_of(order) for order in orders], columns=warehouse.columns)
    return pd.concat([warehouse[~split], whole.astype(warehouse.dtypes)], ignore_index=True)


def _moving(joined: pd.DataFrame, rules: Rules) -> pd.Series:
    """Return which rows have changed so lately, on either side, that a stage may still be on its way to them."""
    newest = joined[["changed", "changed_there"]].max(axis=1)
    return (newest > rules.settled_before) | (joined["busy"] == 1)


def _agrees_with_store(joined: pd.DataFrame, rules: Rules) -> pd.Series:
    """Return the rows about which nothing can differ: a row that does not agree may do so after a closer look."""
    status = joined["status_there"].astype("Int64").astype("string").fillna("")
    agrees = (joined["content_there"] == joined["content"]) | (joined["content_there"] == joined["seen"])
    if rules.posts:
        agrees &= (joined["status"] == "") | (joined["status"] == status)
        agrees &= (joined["wanted"] == "") | (joined["wanted"] == status)
    named = joined["numbers_there"]
    agrees &= (joined["due"] == "") & (joined["voided"] == "")
    return agrees & ((joined["posted"] == "") | (joined["posted"] == named))


def _agrees_with_warehouse(joined: pd.DataFrame) -> pd.Series:
    agrees = joined["state"].map(_LIKE).fillna("") == joined["state_there"]
    gone = (joined["state"] == State.CANCELLED) & (joined["state_there"] == CANCELLED)
    agrees &= (joined["superseded"] == 0) & (joined["state_there"] != PARTLY)
    agrees &= (joined["lines_there"] == "") | (joined["lines_there"] == joined["sent_lines"])
    agrees &= (joined["place"] == "") | (joined["place"] == joined["sent_place"])
    agrees &= (joined["method_there"] == "") | (joined["method_there"] == joined["asked_for"])
    agrees &= (joined["numbers_there"] == joined["numbers"]) & (
        joined["carriers_there"] == joined["carriers"]
    )
    return agrees | gone


# The warehouse's state that the ledger's state stands for.
_LIKE = {State.ACKNOWLEDGED.value: OPEN, State.SHIPPED.value: SHIPPED, State.CANCELLED.value: CANCELLED}

"""The comparison of extracts: rows whose columns agree are those in which the rules find nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.model.differences.kinds import STORE, WAREHOUSE, DifferenceKind
from cartage.model.states import State
from cartage.model.statuses import StatusMap
from cartage.reconciliation import compare
from cartage.reconciliation.compare import compare_with_store, compare_with_warehouse
from cartage.reconciliation.judging import FoundDifference, Rules
from cartage.reconciliation.light_rows import (
    CANCELLED,
    OPEN,
    PARTLY,
    SHIPPED,
    LedgerRow,
    StoreRow,
    WarehouseRow,
    combined,
    line_text,
    numbers_in,
)
from cartage.reconciliation.spool import PARTS, Spool, table_of

RULES = Rules(StatusMap(1), "A3K", settled_before=1_000.0)
LEDGER = LedgerRow(
    id=1,
    order_id=31882,
    shipment_id=0,
    ref="a3k_31882_0",
    reference="A3K_31882_0",
    remote_id="900",
    state="acknowledged",
    superseded=0,
    explained=0,
    busy=0,
    status="2",
    wanted="",
    content="copy",
    seen="",
    lines="2 x mug",
    address="home",
    method="Ground",
    sent_lines="2 x mug",
    sent_place="0a 0b",
    sent_method="ups ground\nground\nups",
    due="",
    posted="",
    voided="",
    numbers="",
    carriers="",
    changed=10.0,
)
STORED = StoreRow(31882, 0, 2, 0, "copy", "2 x mug", "home", "Ground", "", 10.0)
THERE = WarehouseRow(
    "a3k_31882_0", "A3K_31882_0", "900", OPEN, "2 x mug", "0a 0b", "ups ground", "", "", 10.0
)

NUMBERS = st.sampled_from(["", "1z1", "1z2", "1z1\n1z2"])
STATES = st.sampled_from([state.value for state in State])
LINES = st.sampled_from(["2 x mug", "1 x mug", "1 x mug\n1 x tea", ""])
ledger_rows = st.builds(
    replace,
    st.just(LEDGER),
    state=STATES,
    superseded=st.sampled_from([0, 0, 0, 1]),
    explained=st.sampled_from([0, 0, 0, 1]),
    status=st.sampled_from(["", "1", "2", "3", "4", "6"]),
    wanted=st.sampled_from(["", "", "3", "4"]),
    content=st.sampled_from(["copy", "older"]),
    seen=st.sampled_from(["", "copy"]),
    lines=LINES,
    address=st.sampled_from(["home", "work", ""]),
    method=st.sampled_from(["Ground", "Air"]),
    sent_lines=LINES,
    sent_place=st.sampled_from(["0a 0b", "0a", "0c 0b", ""]),
    due=NUMBERS,
    posted=NUMBERS,
    voided=NUMBERS,
    numbers=NUMBERS,
    carriers=st.sampled_from(["", "1z1 ups", "1z1 fedex"]),
)
stored_rows = st.builds(
    replace,
    st.just(STORED),
    status=st.sampled_from([1, 2, 3, 4, 5, 6]),
    eligible=st.sampled_from([0, 1]),
    content=st.sampled_from(["copy", "older", "newer"]),
    lines=LINES,
    address=st.sampled_from(["home", "work"]),
    method=st.sampled_from(["Ground", "Air"]),
    numbers=NUMBERS,
)
there_rows = st.builds(
    replace,
    st.just(THERE),
    state=st.sampled_from([OPEN, PARTLY, SHIPPED, CANCELLED]),
    lines=LINES,
    place=st.sampled_from(["0a 0b", "0a", "0c", ""]),
    method=st.sampled_from(["ups ground", "ground", "fedex", ""]),
    numbers=NUMBERS,
    carriers=st.sampled_from(["", "1z1 ups", "1z1 fedex"]),
)


def with_store(stored: list[StoreRow], known: list[LedgerRow], rules: Rules = RULES) -> list[FoundDifference]:
    return compare_with_store(table_of(stored, StoreRow), table_of(known, LedgerRow), rules).found


def with_warehouse(
    known: list[LedgerRow], there: list[WarehouseRow], rules: Rules = RULES
) -> list[FoundDifference]:
    return compare_with_warehouse(table_of(known, LedgerRow), table_of(there, WarehouseRow), rules).found


def names(found: list[FoundDifference]) -> list[tuple[str, str]]:
    return [(each.kind.value, each.key) for each in found]


def test_sides_that_agree_do_not_differ() -> None:
    assert with_store([STORED], [LEDGER]) == []
    assert with_warehouse([LEDGER], [THERE]) == []
    assert with_store([], []) == []
    assert with_warehouse([], []) == []


EAST, WEST = replace(LEDGER, at="east"), replace(LEDGER, at="west")


def test_an_order_at_the_warehouse_that_the_ledger_names_does_not_differ() -> None:
    assert with_warehouse([WEST], [replace(THERE, at="west")]) == []


def test_an_order_at_another_warehouse_than_the_ledger_says_is_one_difference_that_names_both() -> None:
    [found] = with_warehouse([WEST], [replace(THERE, at="east", remote_id="7")])
    assert (found.kind, found.key) == (DifferenceKind.UNKNOWN_TO_WAREHOUSE, LEDGER.reference)
    assert (found.ours, found.theirs) == ("acknowledged at west", "at east: open")
    assert (found.fulfillment_order_id, found.remote_id, found.fix) == (1, "7", None)


def test_an_order_that_two_warehouses_have_is_a_difference_although_the_ledgers_own_agrees() -> None:
    [found] = with_warehouse([WEST], [replace(THERE, at="west"), replace(THERE, at="east", remote_id="7")])
    assert (found.kind, found.theirs) == (DifferenceKind.NOT_IN_LEDGER, "also at east: open")


def test_what_another_warehouse_has_cancelled_is_no_difference() -> None:
    there = [replace(THERE, at="west"), replace(THERE, at="east", state=CANCELLED)]
    assert with_warehouse([WEST], there) == []
    [found] = with_warehouse([WEST], there[1:])
    assert (found.kind, found.theirs) == (DifferenceKind.UNKNOWN_TO_WAREHOUSE, "no such order")


def test_an_order_that_was_not_sent_is_found_at_any_warehouse() -> None:
    [found] = with_warehouse([replace(EAST, state="imported")], [replace(THERE, at="west")])
    assert found.kind is DifferenceKind.STATUS
    assert found.fix is not None


def test_an_order_at_another_warehouse_that_changed_lately_is_on_its_way() -> None:
    there = table_of([replace(THERE, at="east", changed=2_000.0)], WarehouseRow)
    judged = compare_with_warehouse(table_of([WEST], LedgerRow), there, RULES)
    assert (judged.found, judged.in_flight) == ([], {LEDGER.ref})


# A comparison of one order costs as much as that of a hundred, so each example has many.
FEW = settings(max_examples=10, deadline=None)


def numbered(orders: list[tuple[LedgerRow, StoreRow, WarehouseRow]]) -> tuple[Any, Any, Any]:
    """Return the three sides of these orders, each with a number of its own."""
    known, stored, there = [], [], []
    for at, (row, of_store, of_warehouse) in enumerate(orders, 1):
        name: dict[str, Any] = {"ref": f"a3k_{at}_0", "reference": f"A3K_{at}_0"}
        known.append(replace(row, id=at, order_id=at, **name))
        stored.append(replace(of_store, order_id=at))
        there.append(replace(of_warehouse, **name))
    return known, stored, there


ORDERS = st.lists(st.tuples(ledger_rows, stored_rows, there_rows), min_size=30, max_size=80).map(numbered)


def judged_all(mask: str, comparison: Any, *sides: Any) -> list[FoundDifference]:
    """Compare with every row judged, whatever the columns agree about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, mask, lambda joined, *_: joined["where"] == "no such side")
        found: list[FoundDifference] = comparison(*sides)
        return found


@FEW
@given(ORDERS)
def test_the_columns_agree_only_where_the_rules_find_nothing(sides: tuple[Any, Any, Any]) -> None:
    known, stored, there = sides
    assert with_store(stored, known) == judged_all("_agrees_with_store", with_store, stored, known)
    assert with_warehouse(known, there) == judged_all("_agrees_with_warehouse", with_warehouse, known, there)


@FEW
@given(ORDERS)
def test_what_a_person_decides_and_what_moves_is_never_found(sides: tuple[Any, Any, Any]) -> None:
    known, stored, there = sides
    present = [replace(row, superseded=0) for row in known]
    changes: list[dict[str, Any]] = [{"explained": 1}, {"busy": 1}, {"changed": 2_000.0}]
    for change in changes:
        changed = [replace(row, **change) for row in present]
        assert with_store(stored, changed) == []
        assert with_warehouse(changed, there) == []
    assert with_store([replace(row, changed=2_000.0) for row in stored], present) == []
    assert with_warehouse(present, [replace(row, changed=2_000.0) for row in there]) == []


@FEW
@given(st.lists(st.tuples(ledger_rows, stored_rows, there_rows), min_size=4, max_size=4).map(numbered))
def test_orders_are_judged_one_by_one_whatever_the_others_are(sides: tuple[Any, Any, Any]) -> None:
    known, _, there = sides
    alone = [each for pair in zip(known, there, strict=True) for each in with_warehouse([pair[0]], [pair[1]])]
    assert sorted(names(with_warehouse(known, there))) == sorted(names(alone))


@pytest.mark.parametrize(
    ("row", "mode", "expected"),
    [
        (replace(STORED, eligible=1, status=1), RULES, [("not_imported", "31882/0")]),
        (replace(STORED, eligible=1, status=1), replace(RULES, imports=False), []),
        (STORED, RULES, []),
    ],
)
def test_an_order_of_the_store_alone(row: StoreRow, mode: Rules, expected: list[tuple[str, str]]) -> None:
    assert names(with_store([row], [], mode)) == expected


@pytest.mark.parametrize("state", [state.value for state in State])
def test_an_order_of_the_ledger_alone(state: str) -> None:
    row = replace(LEDGER, state=state)
    gone = state not in ("skipped", "cancelled")
    assert names(with_store([], [row])) == ([("gone_from_store", "31882")] if gone else [])
    accepted = state in ("acknowledged", "partially_shipped", "shipped")
    wanted = [("unknown_to_warehouse", "A3K_31882_0")] if accepted else []
    assert names(with_warehouse([row], [])) == wanted
    assert with_warehouse([row], [], replace(RULES, absence_proves=False)) == []
    assert with_warehouse([replace(row, superseded=1)], []) == []


@pytest.mark.parametrize(
    ("ref", "state", "is_found"),
    [
        ("a3k_5_0", OPEN, True),
        ("a3k_5_0b", SHIPPED, True),
        ("a3k_5_0", CANCELLED, False),
        ("b9k_5_0", OPEN, False),
        ("ab-1001", OPEN, False),
    ],
)
def test_an_order_of_the_warehouse_alone_is_ours_by_its_reference(
    ref: str, state: str, is_found: bool
) -> None:
    found = with_warehouse([LEDGER], [THERE, replace(THERE, ref=ref, reference=ref.upper(), state=state)])
    assert names(found) == ([("not_in_ledger", ref.upper())] if is_found else [])
    assert all(each.order_id == 5 for each in found)


def test_a_ship_to_that_was_added_or_removed_is_an_edit_that_the_ledger_may_know() -> None:
    added = replace(STORED, shipment_id=1, content="newer")
    newer = replace(STORED, content="newer")
    assert names(with_store([newer, added], [LEDGER])) == [("lines", "31882/1")]
    assert with_store([newer, added], [replace(LEDGER, seen="newer")]) == []
    other = replace(LEDGER, id=2, shipment_id=1, reference="A3K_31882_1")
    assert names(with_store([newer], [LEDGER, other])) == [("lines", "A3K_31882_1")]
    assert with_store([newer], [replace(LEDGER, seen="newer"), replace(other, seen="newer")]) == []


def test_the_parts_of_a_split_order_are_one_order() -> None:
    parts = [
        replace(THERE, reference="A3K_31882_0", state=CANCELLED),
        replace(
            THERE, reference="A3K_31882_0-1", remote_id="901", lines="1 x mug", state=SHIPPED, numbers="1z1"
        ),
        replace(THERE, reference="A3K_31882_0-2", remote_id="902", lines="1 x mug"),
    ]
    whole = combined(parts)
    assert (whole.lines, whole.state, whole.remote_id, whole.numbers) == ("2 x mug", PARTLY, "901", "1z1")
    assert combined(parts[:1]).state == CANCELLED
    partly = replace(LEDGER, state="partially_shipped", numbers="1z1", posted="1z1")
    assert with_warehouse([partly], parts) == []
    assert names(with_warehouse([LEDGER], parts)) == [("not_posted", "A3K_31882_0")]


@pytest.mark.parametrize(("state", "there"), list(product(["acknowledged", "shipped"], [OPEN, SHIPPED])))
def test_a_state_that_differs_hides_what_follows_from_it(state: str, there: str) -> None:
    shipped: dict[str, Any] = {"numbers": "1z1", "carriers": "1z1 ups"}
    known = replace(LEDGER, state=state, **(shipped if state == "shipped" else {}))
    found = with_warehouse([known], [replace(THERE, state=there, **(shipped if there == SHIPPED else {}))])
    same = (state == "shipped") == (there == SHIPPED)
    assert len(found) == (0 if same else 1)
    assert all(each.side == WAREHOUSE for each in found)


def test_texts_of_people_in_the_tracking_field_are_no_difference() -> None:
    posted = replace(LEDGER, state="shipped", status="4", posted="1z1", numbers="1z1")
    assert with_store([replace(STORED, status=4, numbers="1z1\nleftatthedoor")], [posted]) == []
    missing = with_store([replace(STORED, status=4, numbers="leftatthedoor")], [posted])
    assert [(each.side, each.kind) for each in missing] == [(STORE, DifferenceKind.TRACKING)]


@FEW
@given(st.lists(st.text(max_size=30), max_size=40))
def test_a_spool_gives_back_every_row_in_the_part_of_its_key(tmp_path_factory: Any, texts: list[str]) -> None:
    folder: Path = tmp_path_factory.mktemp("spool")
    rows = [
        replace(THERE, ref=f"a3k_{at}_0", lines=text.replace("\r", " "), numbers="NA" if at % 2 else "")
        for at, text in enumerate(text.encode("utf-8", "ignore").decode() for text in texts)
    ]
    with Spool(folder, "warehouse", WarehouseRow, "ref") as spool:
        spool.write(rows)
        parts = list(spool.parts())
    assert len(parts) == PARTS
    read = [WarehouseRow(*row) for part in parts for row in part.itertuples(index=False)]
    assert sorted(read, key=lambda row: row.ref) == sorted(rows, key=lambda row: row.ref)


@FEW
@given(st.dictionaries(st.text(min_size=1, max_size=8), st.integers(1, 99), max_size=5))
def test_lines_keep_their_quantities_in_any_order(quantities: dict[str, int]) -> None:
    lines = [(sku, Decimal(number)) for sku, number in quantities.items()]
    assert line_text(lines) == line_text(reversed(lines))
    assert len(numbers_in(line_text(lines))) <= len(quantities)

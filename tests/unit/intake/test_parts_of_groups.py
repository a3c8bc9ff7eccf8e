"""The store's present copy of a ship group, shared among the parts that the ledger has of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.intake.parts_of_groups import follow_parts, share_group, single_group
from cartage.model.orders import Address, OrderLine, SalesOrder

SKUS = ("MUG", "PAN", "TEA")


@dataclass(frozen=True)
class Part:
    """A row of the ledger's parts."""

    id: int
    state: str
    lines: list[list[Any]] = field(default_factory=list)
    never_left: bool = True
    reason: str = ""


def group(*lines: tuple[str, int]) -> NewGroup:
    made = [OrderLine(number, sku, Decimal(quantity)) for number, (sku, quantity) in enumerate(lines, 1)]
    return NewGroup(0, "A3_1_0", Address(), "UPS", tuple(made))


def units(shared: NewGroup) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in shared.lines:
        found[line.sku] += int(line.quantity)
    return dict(found)


def followed(rows: list[Part], now: NewGroup) -> dict[int, dict[str, int] | None]:
    return {
        part.row.id: None if part.group is None else units(part.group)
        for part in follow_parts(cast(list[Any], rows), now)
    }


def test_what_was_sent_keeps_its_lines_and_the_rest_is_the_unsent_parts() -> None:
    rows = [Part(1, "acknowledged", [[1, "MUG", "2"]]), Part(2, "blocked", [[2, "PAN", "1"]])]
    assert followed(rows, group(("MUG", 2), ("PAN", 3), ("TEA", 1))) == {2: {"PAN": 3, "TEA": 1}}


def test_unsent_parts_are_put_together_in_the_first() -> None:
    rows = [Part(1, "ready", [[1, "MUG", "2"]]), Part(2, "ready", [[2, "PAN", "1"]])]
    assert followed(rows, group(("MUG", 2), ("PAN", 1))) == {1: {"MUG": 2, "PAN": 1}, 2: None}


def test_a_held_part_keeps_its_lines_while_the_store_does() -> None:
    rows = [Part(1, "ready", [[1, "MUG", "2"]]), Part(2, "held", [[2, "PAN", "3"]])]
    assert followed(rows, group(("MUG", 2), ("PAN", 1), ("TEA", 1))) == {
        1: {"MUG": 2, "TEA": 1},
        2: {"PAN": 1},
    }
    assert followed(rows, group(("MUG", 2))) == {1: {"MUG": 2}, 2: {}}


def test_a_part_that_may_have_left_is_not_put_into_another() -> None:
    rows = [
        Part(1, "ready", [[1, "MUG", "2"]]),
        Part(2, "blocked", [[2, "PAN", "1"]], never_left=False),
    ]
    assert followed(rows, group(("MUG", 1), ("PAN", 1))) == {1: {"MUG": 1}, 2: {"PAN": 1}}


def test_without_another_one_such_a_part_gets_what_was_added() -> None:
    rows = [
        Part(1, "shipped", [[1, "MUG", "2"]]),
        Part(2, "blocked", [[2, "PAN", "1"]], never_left=False),
    ]
    assert followed(rows, group(("MUG", 2), ("PAN", 1), ("TEA", 4))) == {2: {"PAN": 1, "TEA": 4}}


def test_a_part_that_a_person_skipped_keeps_its_lines() -> None:
    rows = [
        Part(1, "ready", [[1, "MUG", "2"]]),
        Part(2, "skipped", [[2, "PAN", "1"]], reason="by hand, Kim: sold out"),
    ]
    assert followed(rows, group(("MUG", 2), ("PAN", 1))) == {1: {"MUG": 2}}


def test_a_line_that_got_another_id_is_known_by_its_sku() -> None:
    share, rest = share_group(group(("MUG", 3)), [(77, "MUG", Decimal(2))])
    assert (units(share), units(rest)) == ({"MUG": 2}, {"MUG": 1})


def test_the_rest_of_a_group_keeps_the_places_of_its_lines() -> None:
    _, rest = share_group(group(("MUG", 2), ("PAN", 1), ("TEA", 1)), [(1, "MUG", Decimal(2))])
    assert rest.positions == (1, 2)
    share, _ = share_group(rest, [(3, "TEA", Decimal(1))])
    assert share.positions == (2,)


def test_the_next_generation_of_a_part_has_what_the_others_do_not_have() -> None:
    order = NewOrder(SalesOrder(1, 1, "AB-1", None, None), "h", (group(("MUG", 2), ("PAN", 1)),))
    next_one = single_group(order, 0, 1, "A3_1_0BB", part=1, others=[(1, "MUG", Decimal(2))])
    assert next_one is not None
    [made] = next_one.groups
    assert (made.part, made.generation, units(made)) == (1, 1, {"PAN": 1})
    everything = [(1, "MUG", Decimal(2)), (2, "PAN", Decimal(1))]
    assert single_group(order, 0, 1, "A3_1_0BB", part=1, others=everything) is None


_lines = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 5)), max_size=4)
_taken = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(SKUS), st.integers(1, 5).map(Decimal)), max_size=4
)


@given(lines=_lines, taken=_taken)
def test_share_and_rest_are_the_group_and_no_more_than_was_taken(
    lines: list[tuple[str, int]], taken: list[tuple[int, str, Decimal]]
) -> None:
    whole = group(*lines)
    share, rest = share_group(whole, taken)
    assert Counter(units(share)) + Counter(units(rest)) == Counter(units(whole))
    limit: Counter[str] = Counter()
    for _, sku, quantity in taken:
        limit[sku] += int(quantity)
    assert all(units(share)[sku] == min(limit[sku], units(whole)[sku]) for sku in units(share))
    assert all(sku in units(share) for sku in limit if sku in units(whole))

"""Line by line: what is short, too much, or not what was ordered."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import PackageContent
from cartage.shipments.quantity_check import check_quantities


def content(sku: str, quantity: int | str, line_id: int | None = None) -> PackageContent:
    return PackageContent(sku, Decimal(quantity), line_id)


ORDERED = [content("MUG", 2, 71), content("TEA", "1.5", 72)]


def test_what_shipped_as_it_was_ordered_differs_in_nothing() -> None:
    weighed = check_quantities(
        ORDERED, [content("mug ", 1, 71), content("MUG", 1), content("TEA", "1.50", 72)]
    )
    assert (weighed.exact, weighed.short, weighed.difference()) == (True, False, "")


def test_a_line_that_is_short_is_named_with_both_quantities() -> None:
    weighed = check_quantities(ORDERED, [content("MUG", 1, 71), content("TEA", "1.5", 72)])
    assert (weighed.exact, weighed.short, weighed.difference()) == (False, True, "MUG 1 of 2")
    assert weighed.ordered() == {"MUG": "2", "TEA": "1.5"}
    assert weighed.shipped() == {"MUG": "1", "TEA": "1.5"}


def test_too_much_of_one_line_makes_up_for_no_other() -> None:
    weighed = check_quantities(ORDERED, [content("MUG", 10, 71)])
    assert (weighed.short, weighed.difference()) == (True, "MUG 10 of 2, TEA 0 of 1.5")


def test_something_that_was_not_ordered_is_named_even_under_an_ordered_line_s_id() -> None:
    weighed = check_quantities(ORDERED, [content("MUG", 2, 71), content("COFFEE", 1, 72)])
    assert weighed.short
    assert weighed.difference() == "TEA 0 of 1.5, COFFEE 1 not ordered"


def test_lines_of_one_sku_are_told_apart_and_filled_by_their_id_first() -> None:
    lines = [content("MUG", 2, 71), content("MUG", 3, 73)]
    weighed = check_quantities(lines, [content("MUG", 3, 73), content("MUG", 1, 71)])
    assert weighed.shipped() == {"MUG (line 71)": "1", "MUG (line 73)": "3"}
    assert check_quantities(lines, [content("MUG", 5)]).exact


AMOUNTS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(1, 5), st.sampled_from([None, 1, 2, 9])),
    max_size=6,
)


@given(AMOUNTS, AMOUNTS)
def test_no_quantity_is_lost_or_made(
    ordered: list[tuple[str, int, int | None]], shipped: list[tuple[str, int, int | None]]
) -> None:
    weighed = check_quantities([content(*one) for one in ordered], [content(*one) for one in shipped])
    assert sum(line.shipped for line in weighed.lines) == sum(quantity for _, quantity, _ in shipped)
    assert sum(line.ordered for line in weighed.lines) == sum(quantity for _, quantity, _ in ordered)
    totals = {
        sku: sum(quantity for name, quantity, _ in shipped if name == sku)
        - sum(quantity for name, quantity, _ in ordered if name == sku)
        for sku in "ABC"
    }
    assert weighed.short == any(difference < 0 for difference in totals.values())

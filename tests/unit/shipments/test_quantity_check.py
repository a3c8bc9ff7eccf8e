"""The quantity check, line by line: what is short, too much, or was not ordered."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import PackageContent
from cartage.shipments.quantity_check import check_quantities


def content(sku: str, quantity: int | str, line_id: int | None = None) -> PackageContent:
    return PackageContent(sku, Decimal(quantity), line_id)


ORDERED = [content("MUG", 2, 71), content("TEA", "1.5", 72)]


def test_what_shipped_as_ordered_does_not_differ() -> None:
    check = check_quantities(ORDERED, [content("mug ", 1, 71), content("MUG", 1), content("TEA", "1.50", 72)])
    assert (check.exact, check.short, check.difference()) == (True, False, "")


def test_a_line_that_is_short_is_named_with_both_quantities() -> None:
    check = check_quantities(ORDERED, [content("MUG", 1, 71), content("TEA", "1.5", 72)])
    assert (check.exact, check.short, check.difference()) == (False, True, "MUG 1 of 2")
    assert check.ordered() == {"MUG": "2", "TEA": "1.5"}
    assert check.shipped() == {"MUG": "1", "TEA": "1.5"}


def test_too_much_of_one_line_does_not_make_up_for_another() -> None:
    check = check_quantities(ORDERED, [content("MUG", 10, 71)])
    assert (check.short, check.difference()) == (True, "MUG 10 of 2, TEA 0 of 1.5")


def test_something_that_was_not_ordered_is_named_even_under_an_ordered_line_s_id() -> None:
    check = check_quantities(ORDERED, [content("MUG", 2, 71), content("COFFEE", 1, 72)])
    assert check.short
    assert check.difference() == "TEA 0 of 1.5, COFFEE 1 not ordered"


def test_lines_of_one_sku_are_distinguished_and_filled_by_their_id_first() -> None:
    lines = [content("MUG", 2, 71), content("MUG", 3, 73)]
    check = check_quantities(lines, [content("MUG", 3, 73), content("MUG", 1, 71)])
    assert check.shipped() == {"MUG (line 71)": "1", "MUG (line 73)": "3"}
    assert check_quantities(lines, [content("MUG", 5)]).exact


AMOUNTS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(1, 5), st.sampled_from([None, 1, 2, 9])),
    max_size=6,
)


@given(AMOUNTS, AMOUNTS)
def test_no_quantity_is_lost_or_made(
    ordered: list[tuple[str, int, int | None]], shipped: list[tuple[str, int, int | None]]
) -> None:
    check = check_quantities(
        [content(*values) for values in ordered], [content(*values) for values in shipped]
    )
    assert sum(line.shipped for line in check.lines) == sum(quantity for _, quantity, _ in shipped)
    assert sum(line.ordered for line in check.lines) == sum(quantity for _, quantity, _ in ordered)
    totals = {
        sku: sum(quantity for name, quantity, _ in shipped if name == sku)
        - sum(quantity for name, quantity, _ in ordered if name == sku)
        for sku in "ABC"
    }
    assert check.short == any(difference < 0 for difference in totals.values())

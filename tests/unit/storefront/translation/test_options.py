"""Options of a line: each that the buyer chose or wrote is read, whatever the store made of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import LineOption, OrderLine, SalesOrder
from cartage.storefront.translation.options import read_description
from cartage.storefront.translation.orders import translate_order

if TYPE_CHECKING:
    from tests.unit.storefront.conftest import Make

ENGRAVED = "Mug<br><b>Engraving:</b>&nbsp;For Ann &amp; O&amp;#39;Brien"


@pytest.mark.parametrize(
    ("description", "name", "options"),
    [
        ("Mug", "Mug", []),
        ("Tote Bag<br><b>Color:</b>&nbsp;Khaki", "Tote Bag", [("Color", "Khaki")]),
        (
            "Tote<BR />\n<B>Color</B>: Khaki<br><b>Size:</b>&nbsp;XL - $3.00",
            "Tote",
            [("Color", ": Khaki"), ("Size", "XL - $3.00")],
        ),
        (ENGRAVED, "Mug", [("Engraving", "For Ann & O'Brien")]),
        ("Mug<br><b>Text:</b>&nbsp;two<br>lines", "Mug", [("Text", "two\nlines")]),
        ("Mug<br><b>Engraving:</b>&nbsp;", "Mug", []),
        ("Mug<br><b>Gift wrap</b>", "Mug", [("", "Gift wrap")]),
        ("Mug<br><b>Gift wrap", "Mug", [("", "Gift wrap")]),
        ("Mug<br><b>Name&trade;:</b>&nbsp;Zo\u00c3\u00ab", "Mug", [("Name\u2122", "Zo\u00eb")]),
        ("Mug&lt;br&gt;&lt;b&gt;Color:&lt;/b&gt;&amp;nbsp;Red", "Mug", [("Color", "Red")]),
        ("Mug<br><i>new</i>", "Mug\nnew", []),
    ],
)
def test_options_follow_the_name_in_the_description(
    description: str, name: str, options: list[tuple[str, str]]
) -> None:
    assert read_description(description) == (name, tuple(LineOption(*option) for option in options))


@given(st.text(alphabet="abc <>&;#/\n", max_size=30).map(str.strip))
def test_no_text_of_an_option_is_lost(value: str) -> None:
    _, options = read_description(
        f"Mug<br><b>Engraving:</b>&nbsp;{value.replace('&', '&amp;').replace('<', '&lt;')}"
    )
    assert "".join(option.value for option in options).split() == value.split()


def line_of(make: Make, **changes: Any) -> OrderLine:
    order = translate_order(make.order(OrderItemList=[make.item(**changes)]), ZoneInfo("UTC"))
    assert isinstance(order, SalesOrder)
    assert order.problems == ()
    (line,) = order.groups[0].lines
    return line


def test_chosen_options_without_their_usual_markup_are_what_follows_the_name(make: Make) -> None:
    line = line_of(make, ItemDescription="Mug<br>Color: Red", ItemOptions=",61")
    assert (line.description, line.options) == ("Mug", (LineOption("", "Color: Red"),))


def test_chosen_options_without_any_text_are_shown_by_their_numbers(make: Make) -> None:
    line = line_of(make, ItemDescription="Mug", ItemOptions=",61,64")
    assert [option.text for option in line.options] == ["Option numbers in 3dcart: 61, 64"]


@pytest.mark.parametrize("none", ["", " , ", None])
def test_a_line_without_options_has_none(make: Make, none: str | None) -> None:
    assert line_of(make, ItemDescription="Mug<br>Red", ItemOptions=none).options == ()


def test_the_numbers_of_a_bundle_are_its_components_and_no_options(make: Make) -> None:
    line = line_of(make, ItemDescription="Kit", ItemOptions=",71,74", ItemCatalogIDOptions=",71,74")
    assert line.options == ()

"""The sandbox's warehouse reads CSV as strictly as a warehouse's import does: a file is taken whole, or not."""

from __future__ import annotations

import pytest

from cartage_sandbox.files.csvs.layouts import DSFX, DSFX_HEADS, PLAIN, CsvLayout
from cartage_sandbox.files.csvs.reading import UnreadableFile, read_orders

# warehouse-apis.md section 8.1.
SAMPLE = (
    '"PH","2016981433","12345678","JOAN HARRY","5050 Road N","","Waterloo","ON","N1N 1N1","CA","","555-666-7777",'
    '"JOAN HARRY","5050 Road N","","Waterloo","ON","N1N 1N1","CA","Ground","P","","2016-03-07T00:00:00Z","AMZ",""\n'
    '"PD","2016981433","1","13358A","16","0.00"\n'
)


def head(length: int, reference: str = "A3_1_0") -> str:
    return (
        ",".join(f'"{value}"' for value in ["PH", reference, *(f"f{n}" for n in range(2, length + 1))]) + "\n"
    )


def line(reference: str = "A3_1_0", quantity: str = "2") -> str:
    return f'"PD","{reference}","1","MUG","{quantity}","0.00"\n'


def test_the_documented_sample_is_an_order() -> None:
    [order] = read_orders(SAMPLE.encode(), DSFX)
    assert (order.reference, order.po_number, order.ship_method) == ("2016981433", "12345678", "Ground")
    assert [(row.sku, row.quantity) for row in order.lines] == [("13358A", 16)]
    assert order.ship_to["zip"] == "N1N 1N1"


@pytest.mark.parametrize("length", sorted(DSFX_HEADS))
def test_all_three_versions_of_the_head_are_read(length: int) -> None:
    [order] = read_orders((head(length) + line()).encode(), DSFX)
    assert order.ship_to["name"] == ("f3" if length == 24 else "f4")
    assert order.ship_to.get("email", "") == ("" if length == 24 else "f3")


def test_a_file_may_hold_several_orders() -> None:
    text = head(24, "A") + line("A") + line("A") + head(24, "B") + line("B")
    assert [(order.reference, len(order.lines)) for order in read_orders(text.encode(), DSFX)] == [
        ("A", 2),
        ("B", 1),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (head(24) + line()[:-5], "unexpected end of data"),
        (head(24) + line()[:-1], "ends in the middle"),
        (head(23) + line(), "PH has 24 fields"),
        (head(24), "no lines"),
        (line(), "not expected here"),
        (head(24) + line("OTHER"), "below PH of A3_1_0"),
        (head(24) + line(quantity="2.5"), "no whole number"),
        (head(24, "") + line(""), "no order number"),
        ('"PH', "unexpected end of data|middle of a line"),
        ("\x00\n", "line contains NUL|not expected"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(text: str, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read_orders(text.encode(), DSFX)


def test_another_encoding_is_refused() -> None:
    with pytest.raises(UnreadableFile):
        read_orders("order,sku,quantity\nZoë,MUG,1\n".encode("latin-1"), PLAIN)


def test_rows_under_a_header_are_grouped_by_their_order() -> None:
    text = "order,quantity,sku,extra\nA,1,MUG,x\nB,2,TEA,x\nA,3,TEA,x\n"
    found = read_orders(text.encode(), PLAIN)
    assert [(order.reference, [(row.sku, row.quantity) for row in order.lines]) for order in found] == [
        ("A", [("MUG", 1), ("TEA", 3)]),
        ("B", [("TEA", 2)]),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("order,sku\nA,MUG\n", "no column for quantity"),
        ("order,sku,quantity\nA,MUG\n", "2 columns instead of 3"),
    ],
)
def test_a_header_or_a_row_that_does_not_fit_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read_orders(text.encode(), PLAIN)


def test_a_layout_is_data() -> None:
    layout = CsvLayout().changed(
        {"delimiter": ";", "inventory": [["Artikel", "sku"]], "prefixes": ["a", "b", "c"]}
    )
    assert (layout.delimiter, layout.inventory, layout.prefixes) == (
        ";",
        (("Artikel", "sku"),),
        ("a", "b", "c"),
    )
    with pytest.raises(KeyError, match="a layout has no nonsense"):
        CsvLayout().changed({"nonsense": 1})

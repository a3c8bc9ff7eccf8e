"""Settings that contradict each other are mistakes, each with its fix."""

from __future__ import annotations

import pytest

from tests.unit.warehouses.files.profiles.conftest import ORDERS, Loaded

_COLUMNS = (
    "[{heading: a, field: reference}, {heading: b, field: line.sku}, {heading: c, field: line.quantity}]"
)
_TWO_SECTIONS = """\
confirmations: {files: x.csv, columns: {reference: 1}}
inventory: {files: [i.csv, X.csv], columns: {sku: 1, available: 2}}
"""
_BARE = "{field: reference}, {field: line.sku}, {field: line.quantity}"
_ITEMS = "[{heading: 'sku{n}', field: line.sku}, {heading: 'qty{n}', field: line.quantity}]"


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ("columns: []", "must not be empty"),
        (
            "header: false, columns: [{field: line.sku}, {field: line.quantity}]",
            "no column has the field reference",
        ),
        (
            "header: false, columns: [{field: reference}, {field: line.sku}]",
            "no column has the field line.quantity",
        ),
        (
            "columns: [{field: reference}, {field: line.sku}, {field: line.quantity}]",
            "a column has no heading",
        ),
        (f"file_name: orders.csv, columns: {_COLUMNS}", "file_name would give two files one name"),
        (
            f"file_name: '{{file.at:%Y%m%d%H%M%S}}', columns: {_COLUMNS}",
            "file_name would give two files one name",
        ),
        (
            f"file_name: '{{reference}}_{{file.at:%Y%m%d}}', columns: {_COLUMNS}",
            "would give two files one name",
        ),
        (
            f"file_name: '{{file.number}}{{line.sku}}', columns: {_COLUMNS}",
            "has a field of a line or a total",
        ),
        (f"file_name: '{{file.number', columns: {_COLUMNS}", "has a brace without its other one"),
        (f"file_name: '{{file.number:%Y}}', columns: {_COLUMNS}", "file.number is no time"),
        (f"file_name: '{{file.number}}{{file.at:%Q}}', columns: {_COLUMNS}", "'%Q' is no format of a time"),
        (f"item_columns: {_ITEMS}, columns: {_COLUMNS}", "item_columns are not used in the layout lines"),
        ("layout: wide, columns: [{heading: a, field: reference}]", "the layout wide needs item_columns"),
        (
            f"layout: records, columns: [{{field: reference}}], item_columns: {_ITEMS}",
            "has no row of headings",
        ),
        (
            f"layout: wide, columns: {_COLUMNS}, item_columns: {_ITEMS}",
            "cannot have fields of a line: line.sku",
        ),
        (f"columns: {_COLUMNS}, footer: [{{field: line.sku}}]", "a footer cannot have fields of a line"),
        (f"columns: {_COLUMNS}, footer: [{{field: reference}}]", "a footer cannot have fields of an order"),
        (
            f"header: false, columns: [{_BARE}, {{field: file.rows}}]",
            "file.rows is known at the end of the file only",
        ),
        (
            f"layout: wide, columns: [{{heading: a, field: reference}}], item_columns: {_ITEMS.replace('sku{n}', 's')}",
            "would be the same for every item",
        ),
        (f"columns: {_COLUMNS.replace('heading: b', 'heading: A')}", "two columns have the heading 'a'"),
        (f"columns: {_COLUMNS.replace('heading: b', 'heading: b, too_long: cut')}", "line.sku cannot be cut"),
        (f"encoding: ascii, columns: {_COLUMNS.replace('heading: b', 'heading: é')}", "the text 'é' has 'é'"),
        (
            "quoting: never, columns: " + _COLUMNS.replace("heading: b", "heading: 'b,c'"),
            "has ','",
        ),
        (
            f"columns: {_COLUMNS.replace('field: line.sku', 'field: constants.x')}",
            "no column has the field line.sku",
        ),
        (
            f"header: false, columns: [{_BARE}, {{field: constants.x}}]",
            "a column uses constants.x, which is not set",
        ),
        (f"time_format: '%A', columns: {_COLUMNS}", "has %A, which is no part of a time"),
        (f"time_format: 'today', columns: {_COLUMNS}", "has no part of a time"),
        ("header: false, columns: [{field: reference, constant: x}]", "must have one source"),
    ],
)
def test_orders(loaded: Loaded, orders: str, message: str) -> None:
    found = loaded(f"orders: {{{orders}}}\n").mistakes
    assert any(message in mistake.message for mistake in found), found
    assert all(mistake.fix for mistake in found)


@pytest.mark.parametrize(
    ("inbound", "message"),
    [
        ("confirmations: {files: c.csv, columns: {}}", "is missing"),
        ("confirmations: {files: [], columns: {reference: 1}}", "must not be empty"),
        ("confirmations: {files: out/c.csv, columns: {reference: 1}}", "is no pattern of file names"),
        ("confirmations: {files: c.csv, columns: {reference: 0}}", "must be greater than or equal to 1"),
        (
            "confirmations: {files: c.csv, columns: {reference: {heading: a, position: 1}}}",
            "a heading or a position",
        ),
        (
            "confirmations: {files: c.csv, header: false, columns: {reference: Order}}",
            "reference has a heading",
        ),
        (
            "confirmations: {files: c.csv, records: {A: detail}, columns: {reference: 1}}",
            "has no row of headings",
        ),
        (
            "confirmations: {files: c.csv, header: false, records: {A: header}, columns: {reference: 1}}",
            "no detail",
        ),
        (
            "confirmations: {files: c.csv, header: false, columns: {reference: {position: 1, record: header}}}",
            "is in header rows, and the file has none",
        ),
        (
            "confirmations: {files: c, header: false, columns: {reference: 1}, only: [{column: Account, values: x}]}",
            "the column only[1] has a heading",
        ),
        ("confirmations: {files: c.csv, thousands: '.', columns: {reference: 1}}", "must match|are the same"),
        (
            "acknowledgements: {files: a.csv, columns: {reference: 1}, accepted: R}",
            "means accepted and rejected",
        ),
        ("inventory: {files: i.csv, columns: {sku: 1}}", "neither available nor on_hand"),
        (
            "inventory: {files: i.csv, columns: {sku: 1, available: 2}, name_time: 'i_*.csv'}",
            "no part of a time",
        ),
        (
            _TWO_SECTIONS,
            "'X.csv' is the pattern of confirmations and of inventory",
        ),
    ],
)
def test_inbound(loaded: Loaded, inbound: str, message: str) -> None:
    found = loaded(f"{ORDERS}{inbound}\n").mistakes
    assert any(part in mistake.message for mistake in found for part in message.split("|")), found
    assert all(mistake.fix for mistake in found)


def test_a_constant_that_the_encoding_does_not_have(loaded: Loaded) -> None:
    text = "extends: dsfx_v3\norders: {encoding: ascii}\nconstants: {facility: Köln}\n"
    [mistake] = loaded(text).mistakes
    assert mistake.message == "constants.facility has 'ö', which cannot be written"

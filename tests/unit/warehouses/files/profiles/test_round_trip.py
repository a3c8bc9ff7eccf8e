"""Whatever an order says, a program that reads CSV finds it in the file again."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal

import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.model.texts import strip_controls
from cartage.warehouses.files.profiles.settings.orders import Layout, OrderFiles, Quoting
from cartage.warehouses.files.profiles.settings.profile import CsvProfile
from cartage.warehouses.files.profiles.writing.orders import OrderWriter
from tests.unit.warehouses.files.examples import many_examples
from tests.unit.warehouses.files.profiles.conftest import AT

_ORDER_COLUMNS = "{field: reference}, {field: ship_to.name}, {field: notes}"
_LINE_COLUMNS = "{field: line.id}, {field: line.sku}, {field: line.quantity}, {field: line.description}"
_DETAILS = f"item_columns: [{{constant: D}}, {_LINE_COLUMNS}]"
_LAYOUTS = {
    Layout.LINES: f"columns: [{_ORDER_COLUMNS}, {_LINE_COLUMNS}]",
    Layout.WIDE: f"layout: wide, max_items: 4, columns: [{_ORDER_COLUMNS}], item_columns: [{_LINE_COLUMNS}]",
    Layout.RECORDS: f"layout: records, columns: [{{constant: H}}, {_ORDER_COLUMNS}], {_DETAILS}",
}
_CHARACTERS = [
    "encoding: utf-8, quoting: all",
    "encoding: utf-8, quoting: needed, delimiter: tab, line_end: lf",
    "encoding: utf-8, byte_order_mark: true, quoting: needed, delimiter: ';'",
    "encoding: utf-16, quoting: needed",
    "encoding: cp1252, quoting: all, delimiter: pipe",
    "encoding: ascii, unwritable: plain, quoting: needed",
    "encoding: latin-1, quoting: never, delimiter: tab",
]
_CODECS = {"utf-8": "utf-8-sig", "utf-16": "utf-16"}

_text = st.text(max_size=30) | st.sampled_from(
    ['"', '""', ",", ";", "a\r\nb", "=1+1", "'", "é", "\0", "\ufeff", "\t"]
)
_line = st.builds(
    RequestLine,
    line_id=st.integers(1, 10**12),
    sku=_text,
    quantity=st.decimals(0, 10**6, places=3).map(lambda value: value + Decimal("0.001")),
    description=_text,
)
_order = st.builds(
    FulfillmentRequest,
    reference=st.from_regex(r"\A[A-Z0-9]{2,4}_[0-9]{1,8}_[0-9]\Z"),
    display_number=_text,
    ordered_at=st.just(datetime(2026, 11, 1, tzinfo=UTC)),
    ship_to=st.builds(
        Address,
        name=_text,
        company=st.just("Acme"),
        address1=st.just("12 Harbor Road"),
        city=st.just("Hong Kong"),
        country=st.just("HK"),
    ),
    ship_method=st.just(ShipMethod("UPS")),
    lines=st.lists(_line, min_size=1, max_size=4).map(tuple),
    notes=_text,
)


@many_examples
@given(
    st.sampled_from(Layout),
    st.sampled_from(_CHARACTERS),
    st.lists(_order, min_size=1, max_size=3, unique_by=lambda order: order.reference),
)
def test_what_is_written_is_read_back(
    layout: Layout, characters: str, orders: list[FulfillmentRequest]
) -> None:
    text = f"orders: {{header: false, {characters}, {_LAYOUTS[layout]}}}"
    profile = CsvProfile.model_validate(yaml.safe_load(text))
    writer = OrderWriter(profile)
    written = [order for order in orders if not writer.problems(order)]
    assume(written)
    _, content = writer.write(written, 7, AT)
    assert writer.write(written, 7, AT)[1] == content
    plain = "unwritable: plain" in characters
    expected = [_found(order) for order in written]
    found = _read(content, profile.orders)
    if plain:
        assert [len(lines) for _, lines in found] == [len(lines) for _, lines in expected]
        assert [order[0] for order, _ in found] == [order[0] for order, _ in expected]
    else:
        assert found == expected


_Order = tuple[list[str], list[list[str]]]


def _found(order: FulfillmentRequest) -> _Order:
    """What the file has to say about an order."""
    lines = [
        [str(line.line_id), _clean(line.sku), _plain(line.quantity), _clean(line.description)]
        for line in order.lines
    ]
    return [order.reference, _clean(order.ship_to.name), _clean(order.notes)], lines


def _clean(text: str) -> str:
    """A text on one line, without what no file can have."""
    return strip_controls(re.sub(r"[\r\n\t\v\f\x85\u2028\u2029]+", " ", text)).strip()


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _read(content: bytes, settings: OrderFiles) -> list[_Order]:
    """The orders of a file, as a program of the warehouse reads it by position."""
    text = content.decode(_CODECS.get(settings.encoding.value, settings.encoding.value))
    never = settings.quoting is Quoting.NEVER
    source = io.StringIO(text, newline="")
    orders: list[_Order] = []
    for row in csv.reader(
        source,
        delimiter=settings.delimiter,
        quoting=csv.QUOTE_NONE if never else csv.QUOTE_MINIMAL,
        strict=True,
    ):
        match settings.layout:
            case Layout.LINES:
                if not orders or orders[-1][0] != row[:3]:
                    orders.append((row[:3], []))
                orders[-1][1].append(row[3:])
            case Layout.WIDE:
                items = [row[at : at + 4] for at in range(3, len(row), 4)]
                assert len(items) == settings.max_items
                orders.append((row[:3], [item for item in items if any(item)]))
            case Layout.RECORDS if row[0] == "H":
                orders.append((row[1:], []))
            case Layout.RECORDS:
                orders[-1][1].append(row[1:])
    return orders

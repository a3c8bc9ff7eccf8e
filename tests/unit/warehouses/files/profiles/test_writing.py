from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cartage.errors.problems import ProblemKind
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.files.profiles.library import open_profile
from cartage.warehouses.files.profiles.writing.orders import OrderWriter
from tests.unit.warehouses.files.profiles.conftest import AT, Profiled

ORDER = FulfillmentRequest(
    reference="A3K_31882_0",
    display_number="AB-1000",
    ordered_at=datetime(2026, 11, 1, 23, 30, 15, 999, tzinfo=UTC),
    ship_to=Address(
        name='Joan "Jo" Harry',
        company="Acme, Inc.",
        address1="5050 Road N",
        city="Waterloo",
        state="ON",
        zip_code="01234",
        country="CA",
        phone="555-666-7777",
        email="jo@example.com",
    ),
    ship_method=ShipMethod("UPS", "Ground", billing="Collect", account="99X", scac="UPSN"),
    lines=(
        RequestLine(71, "13358A", Decimal("16.00"), "Mug, red"),
        RequestLine(72, "00042", Decimal("2.5"), store_sku="TEA"),
    ),
    notes="Gate\r\ncode\t1",
)
SECOND = replace(ORDER, reference="A3K_31883_0", lines=ORDER.lines[:1], notes="")


def _written(profile_text: str, profile: Profiled, *orders: FulfillmentRequest, number: int = 7) -> list[str]:
    _, content = OrderWriter(profile(profile_text)).write(orders or (ORDER,), number, AT)
    text = content.decode()
    assert text.endswith("\r\n")
    return text.removesuffix("\r\n").split("\r\n")


def test_a_row_for_each_line(profile: Profiled) -> None:
    text = """\
    orders:
      columns:
        - {heading: Order, field: reference}
        - {heading: Company, field: ship_to.company}
        - {heading: Line, field: line.id}
        - {heading: SKU, field: line.sku}
        - {heading: Qty, field: line.quantity}
    """
    assert _written(text, profile, ORDER, SECOND) == [
        "Order,Company,Line,SKU,Qty",
        'A3K_31882_0,"Acme, Inc.",71,13358A,16',
        'A3K_31882_0,"Acme, Inc.",72,00042,2.5',
        'A3K_31883_0,"Acme, Inc.",71,13358A,16',
    ]


def test_item_columns_side_by_side(profile: Profiled) -> None:
    text = """\
    orders:
      layout: wide
      max_items: 3
      columns:
        - {heading: Order, field: reference}
        - {heading: Lines, field: order.lines}
      item_columns:
        - {heading: "sku{n}", field: line.sku}
        - {heading: "qty{n}", field: line.quantity, decimals: 2}
    """
    assert _written(text, profile, ORDER, SECOND) == [
        "Order,Lines,sku1,qty1,sku2,qty2,sku3,qty3",
        "A3K_31882_0,2,13358A,16.00,00042,2.50,,",
        "A3K_31883_0,1,13358A,16.00,,,,",
    ]


def test_header_and_detail_rows_with_a_footer(profile: Profiled) -> None:
    text = """\
    constants: {client: "0815"}
    orders:
      layout: records
      header: false
      delimiter: pipe
      quoting: never
      decimal_point: ","
      columns: [{constant: H}, {field: order.position}, {field: reference}, {field: constants.client}]
      item_columns: [{constant: D}, {field: line.position}, {field: line.sku}, {field: line.quantity}]
      footer:
        - {constant: T}
        - {field: file.orders}
        - {field: file.lines}
        - {field: file.rows}
        - {field: file.quantity}
        - {field: file.number}
    """
    assert _written(text, profile, ORDER, SECOND) == [
        "H|1|A3K_31882_0|0815",
        "D|1|13358A|16",
        "D|2|00042|2,5",
        "H|2|A3K_31883_0|0815",
        "D|1|13358A|16",
        "T|2|3|5|34,5|7",
    ]


# The documentation's sample of a pick header has these columns; the table of the older specification adds the e-mail.
_PH1 = (
    '"PH","A3K_31882_0","AB-1000","Acme, Inc.","5050 Road N","","Waterloo","ON","01234","CA","Joan ""Jo"" Harry",'
    '"555-666-7777","","","","","","","","Ground","C","99X","","",""'
)
_PH2 = _PH1.replace('"AB-1000",', '"AB-1000","jo@example.com",') + ',"Gate code 1"'


@pytest.mark.parametrize(
    ("name", "header"), [("dsfx_v1", _PH1), ("dsfx", _PH2), ("dsfx_v3", f'{_PH2},""')], ids=["v1", "v2", "v3"]
)
def test_dsfx_in_its_three_versions(name: str, header: str) -> None:
    writer = OrderWriter(open_profile(name))
    assert writer.problems(ORDER) == []
    file_name, content = writer.write((ORDER, SECOND), 7, AT)
    assert file_name == "ord_A3K_31882_0_261102030405.csv"
    rows = content.decode().split("\r\n")
    assert rows[:3] == [
        header,
        '"PD","A3K_31882_0","1","13358A","16","0.00"',
        '"PD","A3K_31882_0","2","00042","2.5","0.00"',
    ]
    assert [row[:20] for row in rows[3:]] == ['"PH","A3K_31883_0","', '"PD","A3K_31883_0","', ""]


def test_plain_has_a_heading_for_every_field() -> None:
    name, content = OrderWriter(open_profile("plain")).write((ORDER,), 7, AT)
    assert name == "orders_7_20261102030405.csv"
    first, second = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert first == {
        "order": "A3K_31882_0",
        "order_number": "AB-1000",
        "ordered_at": "2026-11-01T23:30:15Z",
        "name": 'Joan "Jo" Harry',
        "company": "Acme, Inc.",
        "address1": "5050 Road N",
        "address2": "",
        "city": "Waterloo",
        "state": "ON",
        "postal_code": "01234",
        "country": "CA",
        "phone": "555-666-7777",
        "email": "jo@example.com",
        "carrier": "UPS",
        "service": "Ground",
        "notes": "Gate code 1",
        "line": "71",
        "sku": "13358A",
        "quantity": "16",
        "description": "Mug, red",
        "options": "",
    }
    assert (second["sku"], second["quantity"]) == ("00042", "2.5")


_LAST = (
    "orders: {{{settings}header: false, "
    "columns: [{{field: reference}}, {{field: line.sku}}, {{field: line.quantity}}, {column}]}}"
)


def _last_cell(profile: Profiled, column: str, order: FulfillmentRequest = ORDER, settings: str = "") -> str:
    text = _LAST.format(settings=settings, column=column)
    _, content = OrderWriter(profile(text)).write((order,), 7, AT)
    [row, *_] = csv.reader(io.StringIO(content.decode(), newline=""))
    return row[-1]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("{constant: PH}", "PH"),
        ("{field: notes}", "Gate code 1"),
        ("{template: '{ship_method.carrier}/{ship_method.service}'}", "UPS/Ground"),
        ("{template: '{file.at:%y%m%d}-{file.number}', }", "261102-7"),
        ("{field: ordered_at}", "2026-11-01T23:30:15Z"),
        ("{field: ordered_at, format: '%m/%d/%Y %I:%M %p'}", "11/01/2026 11:30 PM"),
        ("{field: ship_to.address2, default: none}", "none"),
        ("{field: ship_method.billing, values: {PREPAID: P, COLLECT: C}}", "C"),
        ("{field: ship_method.billing, values: {Prepaid: P}}", "Collect"),
        ("{field: ship_to.city, max_length: 5, too_long: cut}", "Water"),
        ("{field: line.quantity, decimals: 3}", "16.000"),
        ("{field: order.quantity}", "18.5"),
        ("{field: ship_to.company_or_name}", "Acme, Inc."),
        ("{field: ship_to.attention}", 'Joan "Jo" Harry'),
        ("{field: ship_method.code}", "Ground"),
        ("{field: line.store_sku}", "13358A"),
    ],
)
def test_what_a_column_writes(profile: Profiled, column: str, cell: str) -> None:
    assert _last_cell(profile, column) == cell


def test_times_are_those_of_the_profiles_zone(profile: Profiled) -> None:
    settings = "time_zone: America/New_York, "
    assert _last_cell(profile, "{field: ordered_at}", settings=settings) == "2026-11-01T18:30:15-05:00"
    assert _last_cell(profile, "{field: ordered_at, format: '%Y-%m-%d'}", settings=settings) == "2026-11-01"
    unknown = replace(ORDER, ordered_at=None)
    assert _last_cell(profile, "{field: ordered_at}", unknown) == ""


@pytest.mark.parametrize(
    ("sku", "kept"), [("=SUM(A1)", "'=SUM(A1)"), ("-1", "'-1"), ("@x", "'@x"), ("a=b", "a=b")]
)
def test_a_formula_is_kept_unless_the_profile_says_otherwise(profile: Profiled, sku: str, kept: str) -> None:
    order = replace(ORDER, notes=sku)
    assert _last_cell(profile, "{field: notes}", order) == sku
    assert _last_cell(profile, "{field: notes}", order, "formulas: apostrophe, ") == kept


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a\r\nb\n\nc\td", "a b c d"),
        (" padded \n", "padded"),
        ("nul\x00 bell\x07", "nul bell"),
        ("half \ud800 pair", "half  pair"),
        ("next\x85line\u2028end", "next line end"),
    ],
)
def test_no_value_ends_its_row(profile: Profiled, text: str, cell: str) -> None:
    assert _last_cell(profile, "{field: notes}", replace(ORDER, notes=text)) == cell


_TO = ORDER.ship_to


@pytest.mark.parametrize(
    ("settings", "column", "order", "kind", "parts"),
    [
        (
            "",
            "{field: ship_to.city, max_length: 5}",
            ORDER,
            ProblemKind.FIELD_TOO_LONG,
            ["ship_to.city", "5"],
        ),
        (
            "",
            "{field: ship_to.address2, required: true}",
            ORDER,
            ProblemKind.MALFORMED_FIELD,
            ["ship_to.address2 is empty"],
        ),
        (
            "",
            "{field: order_number, allowed: _}",
            ORDER,
            ProblemKind.MALFORMED_FIELD,
            ["order_number", "'-' (U+002D)"],
        ),
        (
            "",
            "{field: notes, forbidden: '~'}",
            replace(ORDER, notes="a~"),
            ProblemKind.MALFORMED_FIELD,
            ["'~'"],
        ),
        (
            "encoding: ascii, ",
            "{heading: City, field: ship_to.city}",
            replace(ORDER, ship_to=replace(_TO, city="Köln")),
            ProblemKind.MALFORMED_FIELD,
            ["City", "'ö' (U+00F6)", "ascii"],
        ),
        (
            "encoding: latin-1, unwritable: plain, ",
            "{field: ship_to.city}",
            replace(ORDER, ship_to=replace(_TO, city="東京")),
            ProblemKind.MALFORMED_FIELD,
            ["'東' (U+6771)", "latin-1"],
        ),
        (
            "quoting: never, ",
            "{field: ship_to.company}",
            ORDER,
            ProblemKind.MALFORMED_FIELD,
            ["','", "quotation marks"],
        ),
        (
            "quoting: never, ",
            "{field: ship_to.name}",
            ORDER,
            ProblemKind.MALFORMED_FIELD,
            ["quotation marks"],
        ),
        (
            "",
            "{field: line.quantity, decimals: 0}",
            ORDER,
            ProblemKind.MALFORMED_FIELD,
            ["more than 0 decimals"],
        ),
        ("", "{constant: x}", replace(ORDER, lines=()), ProblemKind.NO_LINES, ["no lines"]),
        (
            "",
            "{constant: x}",
            replace(ORDER, lines=(RequestLine(1, " ", Decimal(1)),)),
            ProblemKind.EMPTY_SKU,
            ["no SKU"],
        ),
        (
            "",
            "{constant: x}",
            replace(ORDER, lines=(RequestLine(1, "a", Decimal(0)),)),
            ProblemKind.MALFORMED_FIELD,
            ["not above zero"],
        ),
    ],
)
def test_what_cannot_be_written_is_a_problem_that_names_the_field(
    profile: Profiled,
    settings: str,
    column: str,
    order: FulfillmentRequest,
    kind: ProblemKind,
    parts: list[str],
) -> None:
    writer = OrderWriter(profile(_LAST.format(settings=settings, column=column)))
    [problem] = writer.problems(order)
    assert problem.kind is kind
    assert all(part in problem.message for part in parts), problem.message
    assert problem.fix
    # A problem is a cause of many orders: it must not quote one order's text.
    assert "Waterloo" not in problem.message and "Acme" not in problem.message
    with pytest.raises(ValueError, match="A3K_31882_0 cannot be written"):
        writer.write((order,), 1, AT)


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "-1"])
def test_an_order_is_checked_for_what_no_order_may_lack(profile: Profiled, quantity: str) -> None:
    writer = OrderWriter(profile(_LAST.format(settings="", column="{constant: x}")))
    line = RequestLine(1, "a", Decimal(quantity))
    address = replace(ORDER.ship_to, city="", zip_code=" ")
    assert [
        problem.subject for problem in writer.problems(replace(ORDER, ship_to=address, lines=(line,)))
    ] == [
        "quantity not positive",
        "city",
        "postal code",
    ]


def test_letters_lose_their_accents_only_where_the_encoding_has_none(profile: Profiled) -> None:
    order = replace(ORDER, notes="Zoë Łódź – ﬁn")
    text = _LAST.format(settings="encoding: latin-1, unwritable: plain, ", column="{field: notes}")
    writer = OrderWriter(profile(text))
    messages = [problem.message for problem in writer.problems(order)]
    assert messages == ["notes: the character 'Ł' (U+0141) cannot be written in latin-1"]
    _, content = writer.write((replace(order, notes="Zoë ód́ź ﬁn"),), 1, AT)
    assert content.decode("latin-1").splitlines()[0].endswith(",Zoë ódz fin")


def test_an_order_with_more_items_than_a_row_has_room_for(profile: Profiled) -> None:
    text = """\
    orders:
      layout: wide
      max_items: 1
      header: false
      columns: [{field: reference}]
      item_columns: [{field: line.sku}, {field: line.quantity}]
    """
    writer = OrderWriter(profile(text))
    [problem] = writer.problems(ORDER)
    assert problem.message.startswith("the order has more than 1 lines")
    assert writer.problems(SECOND) == []


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ("", b"A3K"),
        ("byte_order_mark: true, ", b"\xef\xbb\xbfA3K"),
        ("encoding: utf-16, ", b"\xff\xfeA\x003\x00"),
        ("encoding: cp1252, byte_order_mark: true, ", b"A3K"),
    ],
)
def test_the_first_bytes(profile: Profiled, settings: str, start: bytes) -> None:
    writer = OrderWriter(profile(_LAST.format(settings=settings, column="{constant: x}")))
    assert writer.write((ORDER,), 1, AT)[1].startswith(start)


def test_line_ends_are_those_of_the_profile(profile: Profiled) -> None:
    writer = OrderWriter(profile(_LAST.format(settings="line_end: lf, ", column="{constant: x}")))
    _, content = writer.write((ORDER,), 1, AT)
    assert content == b"A3K_31882_0,13358A,16,x\nA3K_31882_0,00042,2.5,x\n"


@pytest.mark.parametrize("name", ["plain", "dsfx", "dsfx_v1", "dsfx_v3"])
def test_the_same_arguments_give_the_same_bytes(name: str) -> None:
    first, second = OrderWriter(open_profile(name)), OrderWriter(open_profile(name))
    assert first.write((ORDER, SECOND), 7, AT) == second.write((ORDER, SECOND), 7, AT)
    assert first.write((ORDER,), 7, AT)[0] != first.write((ORDER,), 8, AT.replace(second=6))[0]


def test_a_name_is_safe_whatever_the_order_number_is(profile: Profiled) -> None:
    text = "extends: plain\norders: {file_name: '{order_number}_{file.number}.csv'}\n"
    writer = OrderWriter(profile(text))
    name, _ = writer.write((replace(ORDER, display_number="../..\\é 1:2"),), 7, AT)
    assert name == "_.._1_2_7.csv"
    names = {writer.write((replace(ORDER, display_number="9" * 400),), number, AT)[0] for number in (7, 8)}
    assert len(names) == 2
    assert all(len(long) <= 200 and long.endswith(".csv") for long in names)


def test_a_file_has_at_least_one_order() -> None:
    with pytest.raises(ValueError, match="at least one order"):
        OrderWriter(open_profile("plain")).write((), 1, AT)


ENGRAVED = replace(
    ORDER, lines=(replace(ORDER.lines[0], notes="Engraving: For Ann\nFont: Script"), ORDER.lines[1])
)


def test_options_stand_in_the_column_for_them() -> None:
    _, content = OrderWriter(open_profile("plain")).write((ENGRAVED,), 7, AT)
    first, second = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert first["options"].split() == ["Engraving:", "For", "Ann", "Font:", "Script"]
    assert second["options"] == ""


@pytest.mark.parametrize("name", ["dsfx", "dsfx_v3"])
def test_options_stand_in_the_notes_of_an_order_without_a_column_for_them(name: str) -> None:
    writer = OrderWriter(open_profile(name))
    assert writer.problems(ENGRAVED) == []
    _, content = writer.write((ENGRAVED,), 7, AT)
    header, *_ = csv.reader(io.StringIO(content.decode(), newline=""))
    assert "Gate code 1 / 13358A: Engraving: For Ann; Font: Script" in header


def test_an_order_with_options_is_refused_by_a_file_without_a_column_for_them() -> None:
    writer = OrderWriter(open_profile("dsfx_v1"))
    assert writer.problems(ORDER) == []
    (problem,) = writer.problems(ENGRAVED)
    assert problem.kind is ProblemKind.OPTION_TEXT
    assert "line.notes" in problem.fix


def test_an_address_that_lacks_a_part_is_one_problem_although_its_column_is_empty_too(
    profile: Profiled,
) -> None:
    text = _LAST.format(settings="", column="{field: ship_to.address1, required: true}")
    order = replace(ORDER, ship_to=replace(_TO, address1=""))
    [problem] = OrderWriter(profile(text)).problems(order)
    assert problem.kind is ProblemKind.ADDRESS_INCOMPLETE

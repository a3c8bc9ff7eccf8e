from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cartage.model.orders import Package, PackageContent, Shipment
from cartage.model.packages import read_packages
from cartage.warehouses.contract import RemoteState
from cartage.warehouses.documents import AcceptedOrder, InboundDocument, RejectedOrder
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import open_profile
from cartage.warehouses.unreadable import RowKind
from tests.unit.warehouses.files.profiles.conftest import Reads

_ALL = """\
confirmations:
  files: c.csv
  columns:
    reference: order
    remote_id: {heading: wms, required: false}
    status: {heading: status, required: false}
    reason: {heading: reason, required: false}
    sku: {heading: sku, required: false}
    quantity: {heading: qty, required: false}
    line_id: {heading: line, required: false}
    shipment_id: {heading: shipment, required: false}
    carton: {heading: carton, required: false}
    tracking: {heading: tracking, required: false}
    carrier: {heading: carrier, required: false}
    service: {heading: service, required: false}
    shipped_at: {heading: date, required: false}
    complete: {heading: complete, required: false}
"""


def _content(sku: str, quantity: str, line_id: int | None = None) -> PackageContent:
    return PackageContent(sku, Decimal(quantity), line_id)


def test_everything_a_row_can_say(read: Reads) -> None:
    found = read(
        _ALL,
        """\
        order,wms,sku,qty,line,shipment,carton,tracking,carrier,service,date,complete
        A3_1_0,W7,MUG,2.0,71,S9,1,1Z0001,UPS,Ground,2026-11-03T14:00:00-05:00,Y
        """,
    )
    contents = (_content("MUG", "2.0", 71),)
    assert found.shipments == (
        Shipment(
            key="A3_1_0/1z0001",
            remote_id="W7",
            reference="A3_1_0",
            shipped_at=datetime(2026, 11, 3, 19, tzinfo=UTC),
            packages=(Package("1z0001", "1Z0001", "UPS", "Ground", contents),),
            final=True,
            lines=contents,
        ),
    )
    assert (found.unreadable, found.cancelled, found.accepted, found.rejected) == ((), (), (), ())


def test_rows_of_one_package_are_one_shipment_and_each_package_is_its_own(read: Reads) -> None:
    found = read(
        _ALL,
        """\
        order,sku,qty,tracking
        A,MUG,1,1Z0001
        B,TEA,1,1Z0003
        A,TEA,2,1z 0001
        A,CUP,3,1Z0002
        """,
    )
    assert {shipment.key: shipment.lines for shipment in found.shipments} == {
        "A/1z0001": (_content("MUG", "1"), _content("TEA", "2")),
        "A/1z0002": (_content("CUP", "3"),),
        "B/1z0003": (_content("TEA", "1"),),
    }
    assert not any(shipment.final for shipment in found.shipments)


@pytest.mark.parametrize(
    ("cell", "separators", "numbers"),
    [
        ("1Z0001|1Z0002", "|,;", ["1Z0001", "1Z0002"]),
        ("1Z0001; 1Z0002 ;", "|,;", ["1Z0001", "1Z0002"]),
        ('"1Z0001\n1Z0002"', "|", ["1Z0001", "1Z0002"]),
        ("1Z0001 1Z0002", "| ", ["1Z0001", "1Z0002"]),
        ("1Z0001+1Z0002", "+", ["1Z0001", "1Z0002"]),
        ("1Z0001|1Z0001", "|", ["1Z0001"]),
        ("N/A", "|", [""]),
        ('"=""0012345678"""', "|", ["0012345678"]),
    ],
)
def test_several_tracking_numbers_in_one_value(
    read: Reads, cell: str, separators: str, numbers: list[str]
) -> None:
    section = f"{_ALL}  tracking_separators: '{separators}'\n"
    [shipment] = read(section, f"order,sku,qty,tracking\nA,MUG,2,{cell}\n").shipments
    assert [package.tracking for package in shipment.packages] == numbers
    # The quantity is counted once: further numbers of the row are counted with the first.
    assert [package.contents for package in shipment.packages[1:]] == [None] * (len(numbers) - 1)
    assert shipment.packages[0].contents == (_content("MUG", "2"),)
    assert len(read_packages(shipment.packages)) == len(numbers)


def test_a_number_that_two_rows_name_is_one_package(read: Reads) -> None:
    found = read(_ALL, "order,sku,qty,tracking\nA,MUG,2,1Z0002|1Z0001\nA,TEA,1,1Z0003\nA,CUP,1,1Z0001\n")
    packages = {
        shipment.key: [(package.tracking, package.contents) for package in shipment.packages]
        for shipment in found.shipments
    }
    assert packages == {
        "A/1z0002": [("1Z0002", (_content("MUG", "2"),)), ("1Z0001", (_content("CUP", "1"),))],
        "A/1z0003": [("1Z0003", (_content("TEA", "1"),))],
    }


def test_numbers_that_only_a_third_row_brings_together(read: Reads) -> None:
    found = read(_ALL, "order,sku,qty,tracking\nA,MUG,1,1Z0001\nA,TEA,1,1Z0002\nA,CUP,2,1Z0002|1Z0001\n")
    [shipment] = found.shipments
    assert shipment.key == "A/1z0001"
    assert [(package.tracking, package.contents) for package in shipment.packages] == [
        ("1Z0001", (_content("MUG", "1"),)),
        ("1Z0002", (_content("TEA", "1"), _content("CUP", "2"))),
    ]


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("A,S1,2,1Z0001", "A/1z0001"),
        ("A,S1,2,", "A/S1 carton 2"),
        ("A,S1,,", "A/shipment S1"),
        ("A,,2,", "A/ carton 2"),
    ],
)
def test_what_a_package_is_known_by(read: Reads, row: str, key: str) -> None:
    [shipment] = read(_ALL, f"order,shipment,carton,tracking\n{row}\n").shipments
    assert shipment.key == key


def test_a_row_without_any_number_is_known_by_itself(read: Reads) -> None:
    content = "order,sku,qty\nA,MUG,1\nA,MUG,1\nA,TEA,1\n"
    first, again = read(_ALL, content), read(_ALL, f"{content}B,MUG,1\n")
    keys = [shipment.key for shipment in first.shipments]
    assert len(set(keys)) == 3
    # The same rows in a longer file are the same shipments.
    assert [shipment.key for shipment in again.shipments][:3] == keys


@pytest.mark.parametrize(
    ("settings", "rows", "final"),
    [
        ("", "order,tracking\nA,1\n", False),
        ("  short_is_final: true\n", "order,tracking\nA,1\n", True),
        ("", "order,tracking,complete\nA,1,n\nA,2,Yes\n", True),
        ("  short_is_final: true\n", "order,tracking,complete\nA,1,n\nA,2,\n", False),
        ("  complete_values: [X]\n", "order,tracking,complete\nA,1,x\n", True),
        # What a damaged row had may still be to come.
        ("", "order,tracking,complete\nA,1,y\nA,1.2E+11,y\n", False),
        ("  wrong_column_count: row\n", "order,tracking,complete\nA,1,y\nA,2\n", False),
        ("  wrong_column_count: row\n", "order,tracking,complete\nA,1,y\nB,2\n", True),
    ],
)
def test_when_nothing_more_is_to_ship(read: Reads, settings: str, rows: str, final: bool) -> None:
    found = read(_ALL + settings, rows)
    assert found.shipments
    assert {shipment.final for shipment in found.shipments} == {final}


@pytest.mark.parametrize(
    ("rows", "cancelled", "accepted", "rejected"),
    [
        ("order,wms,status,reason\nA,W1,Cancelled,\n", [("W1", "A")], [], []),
        ("order,status\nA,CANCELED\n", [("A", "A")], [], []),
        ("order,wms,status,reason\nA,W1,accepted,\n", [], [AcceptedOrder("A", "W1")], []),
        (
            "order,wms,status,reason\nA,W1,Rejected,no such SKU\n",
            [],
            [],
            [RejectedOrder("A", "no such SKU", "W1")],
        ),
        ("order,qty\nA,0\n", [], [AcceptedOrder("A")], []),
        (
            "order,qty,complete\nA,0,y\n",
            [],
            [],
            [RejectedOrder("A", "the warehouse closed the order without shipping anything")],
        ),
        ("order,qty,complete,reason\nA,0,y,out of stock\n", [], [], [RejectedOrder("A", "out of stock")]),
    ],
)
def test_what_else_a_row_says(
    read: Reads,
    rows: str,
    cancelled: list[tuple[str, str]],
    accepted: list[AcceptedOrder],
    rejected: list[RejectedOrder],
) -> None:
    found = read(_ALL, rows)
    assert [(order.remote_id, order.reference) for order in found.cancelled] == cancelled
    assert all(order.state is RemoteState.CANCELLED for order in found.cancelled)
    assert list(found.accepted) == accepted
    assert list(found.rejected) == rejected
    assert (found.shipments, found.unreadable) == ((), ())


def test_a_line_of_zero_beside_others_is_short_and_nothing_else(read: Reads) -> None:
    found = read(_ALL, "order,sku,qty,tracking,complete\nA,MUG,2,1Z1,y\nA,TEA,0,,y\n")
    [shipment] = found.shipments
    assert (shipment.lines, shipment.final) == ((_content("MUG", "2"),), True)
    assert (found.accepted, found.rejected) == ((), ())


def test_codes_of_carriers_and_services_become_names(read: Reads) -> None:
    section = f"{_ALL}  carriers: {{UPSN: UPS}}\n  services: {{G: Ground}}\n"
    found = read(section, "order,tracking,carrier,service\nA,1,upsn,g\nB,2,FedEx,2Day\n")
    packages = [shipment.packages[0] for shipment in found.shipments]
    assert [(package.carrier, package.service) for package in packages] == [
        ("UPS", "Ground"),
        ("FedEx", "2Day"),
    ]


@pytest.mark.parametrize(
    ("formats", "zone", "cell", "instant"),
    [
        ("iso", "UTC", "2026-11-03", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("iso", "America/New_York", "2026-11-03", datetime(2026, 11, 3, 17, tzinfo=UTC)),
        ("iso", "America/New_York", "2026-11-03 08:00", datetime(2026, 11, 3, 13, tzinfo=UTC)),
        ("iso", "America/New_York", "2026-11-03T08:00Z", datetime(2026, 11, 3, 8, tzinfo=UTC)),
        ("'%m/%d/%Y'", "UTC", "11/3/2026", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        (
            "['%Y%m%d', '%d-%b-%y %I:%M %p']",
            "UTC",
            "03-NOV-26 01:05 pm",
            datetime(2026, 11, 3, 13, 5, tzinfo=UTC),
        ),
        ("iso", "UTC", "", None),
    ],
)
def test_when_it_shipped(read: Reads, formats: str, zone: str, cell: str, instant: datetime | None) -> None:
    section = f"{_ALL}  time_formats: {formats}\n  time_zone: {zone}\n"
    [shipment] = read(section, f"order,tracking,date\nA,1,{cell}\n").shipments
    assert shipment.shipped_at == instant


def test_a_date_that_cannot_be_read_is_named_and_costs_nothing_else(read: Reads) -> None:
    found = read(_ALL, "order,tracking,date\nA,1Z1,11/03/26\n")
    [shipment] = found.shipments
    assert (shipment.shipped_at, shipment.packages[0].tracking) == (None, "1Z1")
    [row] = found.unreadable
    assert row.what.startswith("shipped_at (column 'date'): not a time of the format iso, row 2. ")
    assert "time_formats" in row.what


@pytest.mark.parametrize(
    ("row", "name", "what"),
    [
        (",MUG,1,1Z1", "", "reference (column 'order'): missing"),
        (
            "1.2E+11,MUG,1,1Z1",
            "",
            "reference (column 'order'): a number in exponent form, which has lost digits",
        ),
        (
            "B,MUG,1,1.23E+11",
            "B",
            "tracking (column 'tracking'): a number in exponent form, which has lost digits",
        ),
        (
            'B,MUG,1,"1,5E+21"',
            "B",
            "tracking (column 'tracking'): a number in exponent form, which has lost digits",
        ),
        ("B,6.12E+11,1,1Z1", "B", "sku (column 'sku'): a number in exponent form, which has lost digits"),
        (
            "B,MUG,1,94001102008812300000",
            "B",
            "tracking (column 'tracking'): a number whose last digits are zeros from the 16th on",
        ),
        ("B,#N/A,1,1Z1", "B", "sku (column 'sku'): an error of a spreadsheet program"),
        ("B,MUG,1,######", "B", "tracking (column 'tracking'): an error of a spreadsheet program"),
        ("B,,1,1Z1", "B", "sku (column 'sku'): missing"),
        ("B,MUG,,1Z1", "B", "quantity (column 'qty'): missing"),
        ("B,MUG,two,1Z1", "B", "quantity (column 'qty'): not a number"),
        ("B,MUG,-1,1Z1", "B", "quantity (column 'qty'): less than 0"),
        ("B,MUG,1e400,1Z1", "B", "quantity (column 'qty'): not a number"),
        ("B,MUG,9999999999999,1Z1", "B", "quantity (column 'qty'): not a plausible number"),
        ("B,MUG,0.0000001,1Z1", "B", "quantity (column 'qty'): not a plausible number"),
        ("B,MUG,NaN,1Z1", "B", "quantity (column 'qty'): not a number"),
        ("B,MUG,٣,1Z1", "B", "quantity (column 'qty'): not a number"),
        ("B," + "M" * 251 + ",1,1Z1", "B", "sku (column 'sku'): longer than 250 characters"),
    ],
)
def test_a_bad_row_is_named_and_its_neighbours_are_read(read: Reads, row: str, name: str, what: str) -> None:
    found = read(_ALL, f"order,sku,qty,tracking\nA,MUG,1,1Z0001\n{row}\nC,TEA,1,1Z0003\n")
    assert [shipment.reference for shipment in found.shipments] == ["A", "C"]
    [unreadable] = found.unreadable
    assert unreadable.what.startswith(f"{what}, row 3. ")
    assert (unreadable.kind, unreadable.name, unreadable.remote_id) == (RowKind.ORDER, name, "")
    # Rows with the same fault are one cause, and the same row is recognised when it comes again.
    assert "row 3" not in unreadable.subject
    again = read(_ALL, f"order,sku,qty,tracking\n{row}\n")
    assert [other.content_hash for other in again.unreadable] == [unreadable.content_hash]


def test_zero_is_a_fault_where_the_profile_says_so(read: Reads) -> None:
    found = read(f"{_ALL}  zero_quantity: unreadable\n", "order,sku,qty\nA,MUG,0\n")
    assert found.shipments == ()
    assert found.unreadable[0].what.startswith("quantity (column 'qty'): zero, row 2.")


def test_a_status_that_the_profile_does_not_know_is_a_fault(read: Reads) -> None:
    found = read(f"{_ALL}  statuses: {{Done: shipped}}\n", "order,status,tracking\nA,done,1\nB,Shipped,2\n")
    assert [shipment.reference for shipment in found.shipments] == ["A"]
    assert found.unreadable[0].what.startswith(
        "status (column 'status'): a status that the profile does not know, row 3."
    )


@pytest.mark.parametrize(
    ("settings", "cell", "quantity"),
    [
        ("", "1.50", "1.50"),
        ("", "+2", "2"),
        ("  decimal_point: ','\n", '"1,50"', "1.50"),
        ("  thousands: ','\n", '"1,234.5"', "1234.5"),
        ("  thousands: '.'\n  decimal_point: ','\n", '"1.234,5"', "1234.5"),
        ('  thousands: "\'"\n', "1'234", "1234"),
    ],
)
def test_how_numbers_are_written(read: Reads, settings: str, cell: str, quantity: str) -> None:
    [shipment] = read(_ALL + settings, f"order,sku,qty\nA,MUG,{cell}\n").shipments
    assert shipment.lines == (_content("MUG", quantity),)


@pytest.mark.parametrize("cell", ['"1,50"', '"1,2345"', '",5"', "1.5.0", "1 000"])
def test_a_number_that_is_written_another_way_is_never_guessed(read: Reads, cell: str) -> None:
    found = read(f"{_ALL}  thousands: ','\n", f"order,sku,qty\nA,MUG,{cell}\n")
    assert found.shipments == ()
    assert "not a number" in found.unreadable[0].what


_RECORDS = """\
confirmations:
  files: c.csv
  header: false
  records: {SH: header, SD: detail, SX: ignored}
  columns:
    reference: {position: 2, record: header}
    tracking: {position: 3, record: header}
    sku: 2
    quantity: 3
"""


def test_header_and_detail_rows(read: Reads) -> None:
    found = read(_RECORDS, "SH,A,1Z1,x\nSD,MUG,1\nsd,TEA,2\nSX,anything\nSH,B,1Z2,x\nSH,C,1Z3,x\nSD,CUP,3\n")
    assert [(shipment.key, shipment.lines) for shipment in found.shipments] == [
        ("A/1z1", (_content("MUG", "1"), _content("TEA", "2"))),
        ("B/1z2", ()),
        ("C/1z3", (_content("CUP", "3"),)),
    ]


def test_a_detail_row_without_a_header_row_is_a_fault(read: Reads) -> None:
    found = read(_RECORDS, "SD,MUG,1\nSH,A,1Z1\nSD,TEA,2\n")
    assert [shipment.key for shipment in found.shipments] == ["A/1z1"]
    assert found.unreadable[0].what.startswith("reference (column 2): missing, row 1.")


def _dsfx(content: str) -> ReadFile:
    return CsvFormat(open_profile("dsfx")).read(InboundDocument("/out/SHP_1.csv", content.encode()))


def test_dsfx_reads_confirmations_by_their_headings() -> None:
    found = _dsfx(
        '"Order Number","Ship Date","Carrier","Ship Method","Tracking Number","SKU","Quantity"\r\n'
        '"A3_1_0","11/03/2026","UPS","Ground","1Z0001","13358A","16"\r\n'
    )
    assert found.quarantined == ()
    [shipment] = found.shipments
    assert (shipment.reference, shipment.lines) == ("A3_1_0", (_content("13358A", "16"),))
    assert shipment.shipped_at == datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert not shipment.final


def test_plain_reads_confirmations() -> None:
    content = b"order,sku,quantity,tracking,carrier,ship_date,complete\nA3_1_0,MUG,1,1Z1,UPS,2026-11-03,yes\n"
    found = CsvFormat(open_profile("plain")).read(InboundDocument("out/shipments_7.csv", content))
    [shipment] = found.shipments
    assert (shipment.key, shipment.final) == ("A3_1_0/1z1", True)
